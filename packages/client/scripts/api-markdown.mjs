import { format } from 'oxfmt'
import { kindOf, memberName, membersOf } from './api-members.mjs'
import { namesIn } from './declarations.mjs'

/**
 * @typedef {import('./declarations.mjs').Declarations} Declarations
 * @typedef {import('./declarations.mjs').Declaration} Declaration
 * @typedef {import('./declarations.mjs').Syntax} Syntax
 * @typedef {{ declaration: Declaration, isType: boolean, anchor: string }} PublicName
 */

const STYLE = { semi: false, singleQuote: true, printWidth: 100 }

/** @param {string} code */
export async function formatted(code, fileName = 'API.md') {
  const { code: text, errors } = await format(fileName, code, STYLE)
  if (errors.length > 0) throw new Error(`${errors[0]?.message}\n${code}`)
  return text.trimEnd()
}

/** @param {string} code */
const fenced = (code) => `\`\`\`ts\n${code}\n\`\`\``

/** Writes the section of one public name. */
export class ApiMarkdown {
  #declarations
  #names
  #routes

  /**
   * @param {Declarations} declarations
   * @param {PublicName[]} names of all entry points
   * @param {string} routes what to say of the methods of `Rest`
   */
  constructor(declarations, names, routes) {
    this.#declarations = declarations
    this.#names = names
    this.#routes = routes
  }

  /** @param {PublicName} name */
  async section({ declaration, isType }) {
    const { name, syntax, docs } = declaration
    const [first] = syntax
    const kind = kindOf(first)
    const members = membersOf(first, isType)
    const hasSections = kind === 'class' || kind === 'interface'
    const shown = hasSections ? members : syntax
    const parts = [
      `### ${name}${kind === 'function' ? '()' : ''}`,
      ...(hasSections ? [docs[0]] : await this.#signatures(declaration, kind, members)),
      ...(await this.#where(declaration, shown)),
      this.#seeAlso(declaration, shown),
      ...(hasSections ? await Promise.all(members.map((m) => this.#member(declaration, m))) : []),
      ...(kind === 'type' ? [members.map((m) => this.#item(declaration, m)).join('\n')] : []),
      name === 'Rest' ? this.#routes : '',
    ]
    return parts.filter((part) => part !== '').join('\n\n')
  }

  /** What follows from the members need not be written twice. */
  async #signatures({ file, syntax, docs }, kind, members) {
    const isLiteral = syntax[0].typeAnnotation?.type === 'TSTypeLiteral'
    if (kind === 'type' && isLiteral && members.length > 0) return docs
    const parts = []
    for (const [i, { start, end }] of syntax.entries()) {
      const text = this.#declarations.text(file, start, end).replace(/^declare /, '')
      parts.push(fenced(await formatted(text, 'api.ts')), docs[i])
    }
    return parts
  }

  /** Types that the signatures need, and that no entry point exports. */
  async #where(declaration, shown) {
    const hidden = this.#hidden(declaration.file, shown)
    const texts = [...hidden].map((one) => this.#declarations.whole(one))
    if (texts.length === 0) return []
    return ['where', fenced(await formatted(texts.join('\n\n'), 'api.ts'))]
  }

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
  #seeAlso(declaration, shown) {
    const places = [
      [declaration.file, shown],
      ...[...this.#hidden(declaration.file, shown)].map(({ file, syntax }) => [file, syntax]),
    ]
    const own = new Set()
    const foreign = new Map()
    for (const [file, syntax] of places) {
      for (const name of namesIn(syntax)) {
        const used = this.#declarations.find(file, name)
        const known = this.#names.find((one) => one.declaration === used)
        if (known && used !== declaration) own.add(`[${known.declaration.name}](#${known.anchor})`)
        if (typeof used === 'string') foreign.set(used, (foreign.get(used) ?? new Set()).add(name))
      }
    }
    const parts = own.size > 0 ? [[...own].join(', ')] : []
    for (const [from, names] of foreign) {
      parts.push(`of \`${from}\`: ${[...names].map((name) => `\`${name}\``).join(', ')}`)
    }
    return parts.length === 0 ? '' : `See ${parts.join('; ')}.`
  }

  async #member({ file, name }, member) {
    const text = this.#declarations.text(file, member.start, member.end)
    const code = await formatted(`declare class Shown {\n${text}\n}`, 'api.ts')
    const lines = code.split('\n').slice(1, -1)
    const signature = fenced(lines.map((line) => line.slice(2)).join('\n'))
    const doc = this.#declarations.doc(file, member.start)
    return `#### ${name}.${memberName(member)}\n\n${signature}\n\n${doc}`
  }

  #item({ file }, member) {
    const text = this.#declarations.text(file, member.start, member.end)
    const line = text.replaceAll(/\s+/g, ' ').replace(/;$/, '').replaceAll('; }', ' }')
    const doc = this.#declarations.doc(file, member.start).replaceAll(/\s+/g, ' ')
    return `- \`${line}\`: ${doc}`
  }
}
