import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Blueprint, describeIssue } from '@talus/graph'
import {
  check,
  type Result,
  TemplateId,
  type TemplateInfo,
  type TemplateReport,
} from '@talus/protocol'
import { readTemplate, stampOf, templateInfo, templateOf, type Templates } from './templates.js'

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
