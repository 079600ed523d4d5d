import { formatted } from './api-reference.mjs'

/**
 * @typedef {import('./api-reference.mjs').Described} Described
 * @typedef {import('./api-reference.mjs').DescribedEntry} DescribedEntry
 * @typedef {import('./api-reference.mjs').Member} Member
 */

/** The id that GitHub gives a heading; one that is there already gets a number. */
class Anchors {
  #given = new Map()

  /** @param {string} heading */
  next(heading) {
    const id = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
    const count = this.#given.get(id) ?? 0
    this.#given.set(id, count + 1)
    return count === 0 ? id : `${id}-${count}`
  }
}

/** @param {string} code */
const fenced = (code) => `\`\`\`ts\n${code}\n\`\`\``

/** @param {string} name @param {Member} member */
const section = (name, { name: member, code, docs }) =>
  `#### ${name}.${member}\n\n${fenced(code)}\n\n${docs}`

/** @param {Member} member */
const item = ({ line, docs }) => `- \`${line}\`: ${docs.replaceAll(/\s+/g, ' ')}`

/** @param {Described} described @param {Map<string, string>} anchors by name */
function seeAlso({ own, foreign }, anchors) {
  const parts = [
    ...(own.length > 0 ? [own.map((name) => `[${name}](#${anchors.get(name)})`).join(', ')] : []),
    ...foreign.map(
      ({ from, names }) => `of \`${from}\`: ${names.map((name) => `\`${name}\``).join(', ')}`,
    ),
  ]
  return parts.length === 0 ? '' : `See ${parts.join('; ')}.`
}

/** @param {Described} described @param {Map<string, string>} anchors */
function sectionOf(described, anchors) {
  const { name, kind, docs, signatures, members, where } = described
  const hasSections = kind === 'class' || kind === 'interface'
  const parts = [
    `### ${name}${kind === 'function' ? '()' : ''}`,
    ...signatures.flatMap((one) => [fenced(one.code), one.docs]),
    signatures.length === 0 ? docs : '',
    ...(where === '' ? [] : ['where', fenced(where)]),
    seeAlso(described, anchors),
    ...(hasSections
      ? members.map((member) => section(name, member))
      : [members.map(item).join('\n')]),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/**
 * The reference of a package as one Markdown file.
 * @param {string} intro begins with the title
 * @param {DescribedEntry[]} entries
 */
export async function apiMarkdown(intro, entries) {
  const anchors = new Anchors()
  anchors.next(intro.slice(2, intro.indexOf('\n')))
  const headed = entries.map((entry) => ({
    ...entry,
    anchor: anchors.next(entry.specifier),
    anchors: new Map(entry.names.map(({ name }) => [name, anchors.next(name)])),
  }))
  const byName = new Map(headed.flatMap((entry) => [...entry.anchors]))
  const contents = headed.map(({ specifier, anchor, anchors: own }) => {
    const links = [...own].map(([name, id]) => `[${name}](#${id})`)
    return `- [\`${specifier}\`](#${anchor}): ${links.join(', ')}`
  })
  const sections = headed.flatMap(({ specifier, names }) => [
    `## \`${specifier}\``,
    ...names.map((described) => sectionOf(described, byName)),
  ])
  return `${await formatted([intro, contents.join('\n'), ...sections].join('\n\n'))}\n`
}
