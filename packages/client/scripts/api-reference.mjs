import { ApiMarkdown, formatted } from './api-markdown.mjs'
import { memberName, membersOf } from './api-members.mjs'
import { Declarations } from './declarations.mjs'

/** @typedef {{ specifier: string, file: string }} EntryPoint where its declarations are */

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

function publicNames(declarations, file, anchors) {
  return declarations.exportsOf(file).map(({ name, isType }) => {
    const declaration = declarations.find(file, name)
    if (declaration === undefined || typeof declaration === 'string') {
      throw new Error(`${file} exports ${name}, which is not declared in this package`)
    }
    return { declaration, isType, anchor: anchors.next(name) }
  })
}

/** What has no docstring, by its path. */
function undocumented(declarations, { declaration, isType }) {
  const { file, name, syntax, docs } = declaration
  const members = membersOf(syntax[0], isType)
  const bare = members.filter((member) => declarations.doc(file, member.start) === '')
  return [
    ...(docs.includes('') ? [name] : []),
    ...bare.map((member) => `${name}.${memberName(member)}`),
  ]
}

/**
 * The API reference of a package as Markdown, from its declaration files. Throws when a public
 * name, or a member of one, has no docstring.
 * @param {{ intro: string, entryPoints: EntryPoint[], routes: string, locate: (specifier: string, file: string) => string | undefined }} options
 */
export async function apiReference({ intro, entryPoints, routes, locate }) {
  const declarations = new Declarations(locate)
  const anchors = new Anchors()
  anchors.next(intro.slice(2, intro.indexOf('\n')))
  const entries = entryPoints.map(({ specifier, file }) => {
    const anchor = anchors.next(specifier)
    return { specifier, anchor, names: publicNames(declarations, file, anchors) }
  })
  const names = entries.flatMap((entry) => entry.names)
  const bare = names.flatMap((name) => undocumented(declarations, name))
  if (bare.length > 0) throw new Error(`These public names have no docstring: ${bare.join(', ')}`)
  const markdown = new ApiMarkdown(declarations, names, routes)
  const contents = entries.map(({ specifier, anchor, names: own }) => {
    const links = own.map((one) => `[${one.declaration.name}](#${one.anchor})`)
    return `- [\`${specifier}\`](#${anchor}): ${links.join(', ')}`
  })
  const parts = [intro, contents.join('\n')]
  for (const { specifier, names: own } of entries) {
    parts.push(`## \`${specifier}\``)
    for (const name of own) parts.push(await markdown.section(name))
  }
  return `${await formatted(parts.join('\n\n'))}\n`
}
