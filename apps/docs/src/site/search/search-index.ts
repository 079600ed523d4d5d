import MiniSearch from 'minisearch'
import { partsOf, type SitePage } from '../page.js'
import { placeOf } from '../places.js'
import type { Rule } from '../reference/rules.js'
import { SEARCH_OPTIONS, type Found } from './options.js'

/** Long texts would make the index larger than what they add. */
const MAX_TEXT = 1_500

const shortened = (text: string) => text.slice(0, MAX_TEXT)

/** Programs and samples name everything that the tables name already. */
const withoutCode = (body: string) =>
  body
    .replaceAll(/<div class="tabs">.*?<\/figure><\/div><\/div>/gs, ' ')
    .replaceAll(/<figure class="code">.*?<\/figure>/gs, ' ')

function foundIn({ path, title, kind, description, body, parts: named = [] }: SitePage): Found[] {
  const about = description.replaceAll('`', '')
  const [first, ...parts] = partsOf(withoutCode(body))
  // What has a kind is looked up by its name: its parts have the same headings everywhere.
  if (kind !== undefined) {
    const text = [first?.text, ...parts.map((part) => part.text)].join(' ')
    return [
      { id: path, title, of: kind, text: shortened(named.length > 0 ? description : text) },
      ...named.map((part) => ({ ...part, id: `${path}#${part.id}`, of: `${kind} ${title}` })),
    ]
  }
  return [
    { id: path, title, of: about, text: shortened(first?.text ?? '') },
    ...parts.map((part) => ({
      id: `${path}#${part.id}`,
      title: part.title ?? '',
      of: title,
      text: shortened(part.text),
    })),
  ]
}

/** The index of everything, as JSON; the same pages always give the same text. */
export function searchIndex(pages: readonly SitePage[], rules: readonly Rule[]): string {
  const index = new MiniSearch(SEARCH_OPTIONS)
  const listed = pages.filter(({ path }) => path !== placeOf.rules)
  index.addAll(listed.flatMap(foundIn))
  index.addAll(rules.map(({ id, text }) => ({ id: placeOf.rule(id), title: id, of: 'Rule', text })))
  return JSON.stringify(index)
}
