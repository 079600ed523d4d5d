import { readFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'

/**
 * @typedef {import('oxc-parser').Comment} Comment
 * @typedef {{ type: string, start: number, end: number, [key: string]: any }} Syntax
 * @typedef {{ from: string, name: string, isType: boolean }} Origin
 * @typedef {{ file: string, name: string, syntax: Syntax[], docs: string[] }} Declaration
 * `syntax` and `docs` have one element for each overload; a doc is empty where there is none.
 */

/** Reads declaration files, and finds what a name in one of them stands for. */
export class Declarations {
  /** @type {Map<string, { source: string, comments: Comment[], own: Map<string, Declaration>, foreign: Map<string, Origin> }>} */
  #files = new Map()
  #locate

  /** @param {(specifier: string, file: string) => string | undefined} locate the file of a module, if it is to be read */
  constructor(locate) {
    this.#locate = locate
  }

  /** The names that a file hands on, in its order. @param {string} file */
  exportsOf(file) {
    return [...this.#read(file).foreign].map(([name, { isType }]) => ({ name, isType }))
  }

  /**
   * The declaration of a name; the module it comes from where that is not read; undefined for what
   * is global, or a type parameter.
   * @param {string} file
   * @param {string} name
   * @returns {Declaration | string | undefined}
   */
  find(file, name) {
    const { own, foreign } = this.#read(file)
    const declared = own.get(name)
    if (declared) return declared
    const origin = foreign.get(name)
    if (!origin) return undefined
    const located = this.#locate(origin.from, file)
    return located === undefined ? origin.from : this.find(located, origin.name)
  }

  /** The text of a declaration that is not exported, with what it says. @param {Declaration} declaration */
  whole({ file, syntax }) {
    const { source } = this.#read(file)
    return syntax.map(({ start, end }) => source.slice(start, end)).join('\n')
  }

  /** The text without its comments. @param {string} file @param {number} start @param {number} end */
  text(file, start, end) {
    const { source, comments } = this.#read(file)
    let text = ''
    let at = start
    for (const comment of comments.filter((c) => c.start >= start && c.end <= end)) {
      text += source.slice(at, comment.start).trimEnd()
      at = comment.end
    }
    return text + source.slice(at, end)
  }

  /** The docstring right before a position, as Markdown; empty without one. @param {string} file @param {number} start */
  doc(file, start) {
    const { source, comments } = this.#read(file)
    const last = comments.findLast(({ end }) => end <= start)
    if (!last?.value.startsWith('*') || source.slice(last.end, start).trim() !== '') return ''
    const lines = last.value.slice(1).split('\n')
    return lines
      .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
      .join('\n')
      .trim()
  }

  /** @param {string} file */
  #read(file) {
    const known = this.#files.get(file)
    if (known) return known
    const source = readFileSync(file, 'utf8')
    const { program, comments, errors } = parseSync(file, source, { lang: 'dts' })
    if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
    const read = { source, comments, own: new Map(), foreign: new Map() }
    this.#files.set(file, read)
    for (const statement of program.body) this.#take(file, statement)
    return read
  }

  /** @param {string} file @param {Syntax} statement */
  #take(file, statement) {
    const { own, foreign } = this.#read(file)
    const from = statement.source?.value
    for (const { type, local, imported, exported, ...rest } of statement.specifiers ?? []) {
      const isType = [statement.importKind, statement.exportKind, rest.exportKind].includes('type')
      const name = type === 'ImportSpecifier' ? imported.name : local.name
      if (from !== undefined) foreign.set((exported ?? local).name, { from, name, isType })
    }
    const syntax = statement.declaration ?? statement
    const name = syntax.id?.name
    if (name === undefined) return
    const declared = own.get(name) ?? { file, name, syntax: [], docs: [] }
    declared.syntax.push(syntax)
    declared.docs.push(this.doc(file, statement.start))
    own.set(name, declared)
  }
}

/** The names of types that some syntax mentions. @param {unknown} syntax @returns {string[]} */
export function namesIn(syntax) {
  if (Array.isArray(syntax)) return syntax.flatMap(namesIn)
  if (typeof syntax !== 'object' || syntax === null) return []
  const { type, typeName, expression, exprName } = /** @type {Syntax} */ (syntax)
  const isHeritage = type === 'TSInterfaceHeritage' || type === 'TSClassImplements'
  const named = isHeritage ? expression : (typeName ?? exprName)
  const own = named?.type === 'Identifier' ? [named.name] : []
  return [...own, ...Object.values(syntax).flatMap(namesIn)]
}
