import type { JsonValue, TemplateIssue, TemplateReport } from '@talus/protocol'

type Findings = Pick<TemplateReport, 'errors' | 'warnings'>
type Names = Pick<TemplateIssue, 'node_type' | 'property'>

/** Of errors and of warnings; a text of a megabyte could have a hundred times as much wrong with it. */
const MAX_FINDINGS = 1_000

/** Characters of a name, a path or a reason; a template may have texts of any length. */
const MAX_TEXT = 512

function short(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text
}

/** One place in a template that is being checked; it knows how to name itself in a finding. */
export class TemplatePlace {
  readonly value: JsonValue | undefined
  readonly #path: string
  readonly #names: Names
  readonly #findings: Findings

  private constructor(
    value: JsonValue | undefined,
    path: string,
    names: Names,
    findings: Findings,
  ) {
    this.value = value
    this.#path = path
    this.#names = names
    this.#findings = findings
  }

  static top(document: JsonValue, findings: Findings): TemplatePlace {
    return new TemplatePlace(document, '', {}, findings)
  }

  at(key: string | number): TemplatePlace {
    const { value } = this
    const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    const member = holds ? (value as Record<string, JsonValue>)[key] : undefined
    return new TemplatePlace(member, `${this.#path}/${key}`, this.#names, this.#findings)
  }

  /** The same place, with the name that findings from here on carry. */
  as(kind: keyof Names, name: JsonValue | undefined): TemplatePlace {
    if (typeof name !== 'string') return this
    const names = { ...this.#names, [kind]: short(name) }
    return new TemplatePlace(this.value, this.#path, names, this.#findings)
  }

  /** The members of the list at `key`. It may be absent or null; anything else is an error. */
  list(key: string): TemplatePlace[] {
    const list = this.at(key)
    if (list.value === undefined || list.value === null) return []
    if (Array.isArray(list.value)) return list.value.map((_, index) => list.at(index))
    list.error(`'${key}' is not a list`)
    return []
  }

  error(reason: string): void {
    this.#find(this.#findings.errors, reason)
  }

  warn(reason: string): void {
    this.#find(this.#findings.warnings, reason)
  }

  #find(found: TemplateIssue[], reason: string): void {
    if (found.length >= MAX_FINDINGS) return
    found.push({ path: short(this.#path), ...this.#names, reason: short(reason) })
  }
}
