import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Blueprint, describeIssue, type ParsedTemplate, parseTemplate } from '@talus/graph'
import {
  check,
  fail,
  type JsonObject,
  type JsonValue,
  ok,
  type Result,
  TemplateId,
  type TemplateInfo,
  type TemplateReport,
} from '@talus/protocol'

/** The templates that projects and sessions are made from. */
export type Templates = {
  /** Those that can be used, by id. */
  list: () => TemplateInfo[]
  /** Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE. */
  get: (template_id: string) => Result<Blueprint>
  /** Null when it is gone or cannot be used: then everything is allowed. */
  blueprint: (template_id: string) => Blueprint | null
}

/** Whatever the templates are kept in: a template, or why it is none. */
function templateOf(
  template_id: string,
  held: { blueprint: Blueprint | null; report: TemplateReport } | undefined,
): Result<Blueprint> {
  if (!held) return templateNotFound(template_id)
  return held.blueprint ? ok(held.blueprint) : invalidTemplate(template_id, held.report)
}

/**
 * Templates that are given as YAML text or as objects, by their ids, and stay as they are. Throws an
 * Error that says what is wrong with one of them.
 */
export function fixedTemplates(given: Readonly<Record<string, string | JsonObject>>): Templates {
  const held = new Map(
    Object.entries(given).map(([id, template]) => [id, parseTemplate(template, id)]),
  )
  for (const id of held.keys()) {
    const read = templateOf(id, held.get(id))
    if (!read.ok) throw new Error(read.error.message)
  }
  return {
    list: () =>
      [...held.values()].flatMap(({ blueprint }) => (blueprint ? [templateInfo(blueprint)] : [])),
    get: (id) => templateOf(id, held.get(id)),
    blueprint: (id) => held.get(id)?.blueprint ?? null,
  }
}

/** Text as templates write it: `version: 1.0` is a number to YAML. */
function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a list of templates says of one of them. */
function templateInfo(blueprint: Blueprint): TemplateInfo {
  const { template_id, document, types } = blueprint
  const description = textOf(document['description'])
  const version = textOf(document['version'])
  const uuid = textOf(document['uuid'])
  return {
    template_id,
    name: textOf(document['name']) ?? template_id,
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(uuid !== undefined && { uuid }),
    digest: templateDigest(blueprint),
    node_types: types.length,
  }
}

/** Changes when the file does; undefined when there is no such file. */
function stampOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isFile() ? `${stat.mtimeMs} ${stat.size}` : undefined
  } catch {
    // A link in a circle, say: reading it will tell the reason.
    return 'unreadable'
  }
}

/** Throws where the bytes are no UTF-8: broken characters would be replaced without a word. */
function fileText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('it is not valid UTF-8')
  return bytes.toString()
}

/** The template in a file; a file that cannot be read is an invalid template. */
function readTemplate(path: string, template_id: string): ParsedTemplate {
  try {
    return parseTemplate(fileText(readFileSync(path)), template_id)
  } catch (err) {
    const reason = `the file cannot be read: ${err instanceof Error ? err.message : String(err)}`
    const report = { valid: false, errors: [{ path: '', reason }], warnings: [] }
    return { report, blueprint: null }
  }
}

function templateNotFound(template_id: string): Result<never> {
  return fail('TEMPLATE_NOT_FOUND', `Template '${template_id}' not found`, [
    { path: '/template_id', expected: 'the id of a template', actual: template_id },
  ])
}

/** Names the node type, the property and the reason, for each thing that is wrong. */
function invalidTemplate(template_id: string, { errors }: TemplateReport): Result<never> {
  const [first] = errors.map(describeIssue)
  return fail(
    'INVALID_TEMPLATE',
    `Template '${template_id}' is not valid: ${first ?? 'it cannot be read'}`,
    errors.map((issue) => ({
      path: issue.path,
      expected: describeIssue(issue),
      hint: `in the template '${template_id}', not in the request`,
    })),
  )
}

/** Hexadecimal digits of a digest: two templates never have the same by chance. */
const DIGITS = 32

const known = new WeakMap<Blueprint, string>()

/** Names the content of a template, so that an edited one can be told from the one that a session obeys. */
export function templateDigest(blueprint: Blueprint): string {
  const before = known.get(blueprint)
  if (before !== undefined) return before
  const text = JSON.stringify(blueprint.document)
  const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGITS)
  known.set(blueprint, digest)
  return digest
}

type Log = {
  error: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
}

/** A template file as it was when it was last read; an invalid one is kept with its report. */
type Held = {
  file: string
  stamp: string
  report: TemplateReport
  blueprint: Blueprint | null
}

const TEMPLATE_FILE = /^(.+)\.(?:ya?ml|json)$/

/**
 * The templates in one directory; a template's id is its file name without the extension. Files
 * are looked at again whenever somebody asks, so that an edited template needs no restart; what
 * was opened before keeps the blueprint that it had. A broken file only makes itself unusable.
 *
 * Works synchronously: sessions ask for their blueprint while they are being opened, and a look at
 * a directory of a few files is quicker than a turn of the event loop. To parse the largest real
 * template, of 27 kB, takes 23 ms of CPU: before the server listens, and once after each edit.
 */
export class TemplateCatalogue implements Templates {
  readonly #directory: string
  readonly #log: Log
  readonly #mentioned = new Set<string>()
  #held: ReadonlyMap<string, Held> = new Map()

  private constructor(directory: string, log: Log) {
    this.#directory = directory
    this.#log = log
  }

  /** Reads all templates; tells the log which of them cannot be used. */
  static open(directory: string, log: Log): TemplateCatalogue {
    const catalogue = new TemplateCatalogue(directory, log)
    catalogue.#refresh()
    return catalogue
  }

  /** The templates that can be used, by id. */
  list(): TemplateInfo[] {
    this.#refresh()
    return [...this.#held.values()].flatMap(({ blueprint }) =>
      blueprint ? [templateInfo(blueprint)] : [],
    )
  }

  /** The template as it is on disk now. Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE. */
  get(template_id: string): Result<Blueprint> {
    this.#refresh()
    // Ids are looked up, never made into paths: no id leads out of the directory.
    return templateOf(template_id, this.#held.get(template_id))
  }

  /** The template, or null when it is gone or cannot be used: then everything is allowed. */
  blueprint(template_id: string): Blueprint | null {
    const found = this.get(template_id)
    if (found.ok) return found.value
    this.#log.warn({ template_id, code: found.error.code }, 'session opened without its template')
    return null
  }

  #refresh(): void {
    const files = this.#files()
    // While the directory cannot be read, what was known before stays in use.
    if (!files) return
    const next = new Map<string, Held>()
    for (const file of files) {
      const template_id = this.#idOf(file)
      if (template_id === undefined) continue
      const other = next.get(template_id)
      if (other) this.#mention(file, `template ignored: ${other.file} has the same id`)
      const held = other ?? this.#hold(template_id, file)
      if (held) next.set(template_id, held)
    }
    this.#held = next
  }

  #files(): string[] | undefined {
    try {
      return readdirSync(this.#directory).toSorted()
    } catch (err) {
      this.#log.error({ directory: this.#directory, err }, 'templates cannot be listed')
      return undefined
    }
  }

  #idOf(file: string): string | undefined {
    const template_id = TEMPLATE_FILE.exec(file)?.[1]
    if (template_id === undefined || check(TemplateId, template_id).ok) return template_id
    this.#mention(file, 'template ignored: its file name cannot be an id')
    return undefined
  }

  /** The file as it is now; undefined for a directory, or when it has gone meanwhile. */
  #hold(template_id: string, file: string): Held | undefined {
    const path = join(this.#directory, file)
    const stamp = stampOf(path)
    if (stamp === undefined) return undefined
    const known = this.#held.get(template_id)
    if (known?.file === file && known.stamp === stamp) return known
    const read = readTemplate(path, template_id)
    if (!read.report.valid) {
      this.#log.error({ file, errors: read.report.errors.map(describeIssue) }, 'invalid template')
    }
    return { file, stamp, ...read }
  }

  /** Says something about a file once, not at every look. */
  #mention(file: string, message: string): void {
    if (this.#mentioned.has(file)) return
    this.#mentioned.add(file)
    this.#log.warn({ file }, message)
  }
}
