import { format } from 'oxfmt'
import { kindOf, memberName, membersOf, parameterTypes } from './api-members.mjs'
import { Declarations, namesIn } from './declarations.mjs'

/**
 * @typedef {import('./declarations.mjs').Declaration} Declaration
 * @typedef {import('./declarations.mjs').Syntax} Syntax
 * @typedef {{ declaration: Declaration, isType: boolean }} PublicName
 * @typedef {{ specifier: string, file: string }} EntryPoint where its declarations are
 *
 * @typedef {{ code: string, docs: string }} Signature
 * @typedef {{ name: string, code: string, line: string, type: string, isOptional: boolean, docs: string }} Member
 * `code` is its declaration, `line` the same in one line, `type` the part behind the name.
 * @typedef {{ from: string, names: string[] }} Foreign names of another package
 *
 * @typedef {object} Described a public name
 * @property {string} name
 * @property {'class' | 'interface' | 'type' | 'function'} kind
 * @property {boolean} isType whether it is exported as a type only
 * @property {string} docs of the first declaration
 * @property {Signature[]} signatures none where the members say it all
 * @property {Member[]} members
 * @property {string} where types that the signatures need and nobody exports, as code
 * @property {string[]} own the other public names that the signatures mention
 * @property {Foreign[]} foreign
 * @property {string[]} parameters the public types of its parameters
 *
 * @typedef {{ specifier: string, names: Described[] }} DescribedEntry
 */

const STYLE = { semi: false, singleQuote: true, printWidth: 100 }

/** @param {string} text */
export async function formatted(text, fileName = 'API.md') {
  const { code, errors } = await format(fileName, text, STYLE)
  if (errors.length > 0) throw new Error(`${errors[0]?.message}\n${text}`)
  return code.trimEnd()
}

/** @param {string} code */
const inOneLine = (code) => code.replaceAll(/\s+/g, ' ').replace(/;$/, '').replaceAll('; }', ' }')

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

/** Describes the public names of a package. */
class Description {
  #declarations
  #names

  /**
   * @param {Declarations} declarations
   * @param {PublicName[]} names of all entry points
   */
  constructor(declarations, names) {
    this.#declarations = declarations
    this.#names = names
  }

  /** @param {PublicName} name @returns {Promise<Described>} */
  async of({ declaration, isType }) {
    const { name, file, syntax, docs } = declaration
    const [first] = syntax
    const kind = kindOf(first)
    const members = membersOf(first, isType)
    const shown = kind === 'class' || kind === 'interface' ? members : syntax
    const hidden = this.#hidden(file, shown)
    return {
      name,
      kind,
      isType: isType || kind === 'interface' || kind === 'type',
      docs: docs[0] ?? '',
      signatures: await this.#signatures(declaration, kind, members),
      members: await Promise.all(members.map((one) => this.#member(file, one))),
      where: await this.#where(hidden),
      ...this.#mentioned(declaration, shown, hidden),
      parameters: parameterTypes(syntax).filter((one) => this.#isPublic(file, one)),
    }
  }

  #isPublic(file, name) {
    const used = this.#declarations.find(file, name)
    return this.#names.some(({ declaration }) => declaration === used)
  }

  /** What follows from the members need not be written twice. */
  async #signatures({ file, syntax, docs }, kind, members) {
    if (kind === 'class' || kind === 'interface') return []
    if (syntax[0].typeAnnotation?.type === 'TSTypeLiteral' && members.length > 0) return []
    return Promise.all(
      syntax.map(async ({ start, end }, index) => {
        const text = this.#text(file, { start, end }).replace(/^declare /, '')
        return { code: await formatted(text, 'api.ts'), docs: docs[index] ?? '' }
      }),
    )
  }

  async #where(hidden) {
    const texts = [...hidden].map((one) => this.#declarations.whole(one))
    return texts.length === 0 ? '' : formatted(texts.join('\n\n'), 'api.ts')
  }

  /** Types that the signatures need, and that no entry point exports. */
  #hidden(file, syntax, found = new Set()) {
    for (const name of namesIn(syntax)) {
      const used = this.#declarations.find(file, name)
      if (used === undefined || typeof used === 'string' || found.has(used)) continue
      if (this.#names.some(({ declaration }) => declaration === used)) continue
      found.add(used)
      this.#hidden(used.file, used.syntax, found)
    }
    return found
  }

  /** The other public names that the signatures mention, and those of other packages. */
  #mentioned(declaration, shown, hidden) {
    const places = [
      [declaration.file, shown],
      ...[...hidden].map(({ file, syntax }) => [file, syntax]),
    ]
    const own = new Set()
    const foreign = new Map()
    for (const [file, syntax] of places) {
      for (const name of namesIn(syntax)) {
        const used = this.#declarations.find(file, name)
        if (typeof used === 'string') foreign.set(used, (foreign.get(used) ?? new Set()).add(name))
        else if (used !== declaration && this.#isPublic(file, name)) own.add(used?.name)
      }
    }
    return {
      own: [...own],
      foreign: [...foreign].map(([from, names]) => ({ from, names: [...names] })),
    }
  }

  /** @param {string} file @param {Syntax} member @returns {Promise<Member>} */
  async #member(file, member) {
    const text = this.#text(file, member)
    const lines = (await formatted(`declare class Shown {\n${text}\n}`, 'api.ts')).split('\n')
    return {
      name: memberName(member),
      code: lines
        .slice(1, -1)
        .map((line) => line.slice(2))
        .join('\n'),
      line: inOneLine(text),
      type: inOneLine(this.#text(file, member.typeAnnotation?.typeAnnotation ?? member)),
      isOptional: member.optional === true,
      docs: this.#declarations.doc(file, member.start),
    }
  }

  #text(file, { start, end }) {
    return this.#declarations.text(file, start, end)
  }
}

/**
 * The public names of a package, entry point by entry point, from its declaration files. Throws
 * when a public name, or a member of one, has no docstring.
 * @param {{ entryPoints: EntryPoint[], locate: (specifier: string, file: string) => string | undefined }} options
 * @returns {Promise<DescribedEntry[]>}
 */
export async function describePackage({ entryPoints, locate }) {
  const declarations = new Declarations(locate)
  const entries = entryPoints.map(({ specifier, file }) => ({
    specifier,
    names: declarations.exportsOf(file).map(({ name, isType }) => {
      const declaration = declarations.find(file, name)
      if (declaration === undefined || typeof declaration === 'string') {
        throw new Error(`${file} exports ${name}, which is not declared in this package`)
      }
      return { declaration, isType }
    }),
  }))
  const names = entries.flatMap((entry) => entry.names)
  const bare = names.flatMap((name) => undocumented(declarations, name))
  if (bare.length > 0) throw new Error(`These public names have no docstring: ${bare.join(', ')}`)
  const description = new Description(declarations, names)
  return Promise.all(
    entries.map(async (entry) => ({
      specifier: entry.specifier,
      names: await Promise.all(entry.names.map((name) => description.of(name))),
    })),
  )
}
