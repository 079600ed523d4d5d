import { ok, type JsonObject, type Result } from '@talus/protocol'
import { ConcurrencyLimit, type Concurrency, type Permit } from '../limits/concurrency-limit.js'
import type { After } from '../presence/beat.js'
import type { FileSource } from './parse-messages.js'
import { ParserThread } from './parser-thread.js'
import type { Preparation, ReaderLimits } from './project-reader.js'

/** A real template takes some milliseconds. */
const TEMPLATE_MS = 10_000

/** The largest file takes a few seconds, all steps together. */
const FILE_MS = 30_000

const WAITING = { waiting: 64, waitingPerUser: 4, patienceMs: 10_000 }

/** Templates that are read at once. */
const TEMPLATES: Concurrency = {
  total: 1,
  perSession: Infinity,
  perUser: 1,
  units: Infinity,
  ...WAITING,
}

/** Files that are read at once, and their bytes: a large one is read alone. */
const FILES: Concurrency = {
  total: 4,
  perSession: Infinity,
  perUser: 1,
  units: 8_000_000,
  ...WAITING,
}

/** A thread that has read a larger file is ended, so that its memory is free again. */
const LARGE_FILE = 1_000_000

/** Reading YAML takes so many times the memory of the text. */
const TIMES_TEXT = 20

/** How long a thread that nobody needs stays, in milliseconds. */
const IDLE_MS = 30_000

/** A project file that is being read in a thread. It has to be closed, and its permit released. */
export type ProjectFile = {
  /** The template that the file names. */
  template_id: string | null
  prepare: (
    preparation: Preparation,
  ) => Promise<Result<{ count: number; name: string | undefined }>>
  /** The next nodes in pre-order, as a list in JSON; undefined: no more. */
  next: () => Promise<Result<string | undefined>>
  /** What the file says beside its nodes, as it is stored. */
  envelope: () => Promise<Result<string>>
  /** Ends what is read of it. The permit stays. */
  close: () => void
  /** That of having a file taken in; released by whoever gets it. */
  permit: Permit
}

/** A file that was uploaded by somebody. */
export type Upload = { who: string; source: FileSource; bytes: number }

/** Reads templates and project files in threads, a few at a time. */
export class Parsers {
  readonly #templates: ConcurrencyLimit
  readonly #files: ConcurrencyLimit
  readonly #limits: ReaderLimits
  readonly #after: After
  /** The one that rests; others that come back are ended. */
  #resting: ParserThread | undefined

  constructor(limits: ReaderLimits, after: After) {
    this.#limits = limits
    this.#after = after
    this.#templates = new ConcurrencyLimit('templates', TEMPLATES, after)
    this.#files = new ConcurrencyLimit('project files', FILES, after)
  }

  /**
   * The report on a template, as JSON. Errors: LIMIT_EXCEEDED, when it takes too much time or
   * memory; OVERLOADED, RATE_LIMITED.
   */
  async templateReport(
    template: string | JsonObject,
    { who, gone }: { who: string; gone: AbortSignal },
  ): Promise<Result<string>> {
    const permit = await this.#templates.acquire({ user: who, session_id: '', units: 1 }, gone)
    if (!permit.ok) return permit
    const isText = typeof template === 'string'
    const text = isText ? template : JSON.stringify(template)
    const thread = this.#take()
    try {
      return await thread.ask('template', [text, isText ? 'yaml' : 'json'], { ms: TEMPLATE_MS })
    } finally {
      this.#giveBack(thread, TIMES_TEXT * text.length)
      permit.value.release()
    }
  }

  /**
   * Reads a project file, as far as its shape goes. Errors: BAD_REQUEST, LIMIT_EXCEEDED,
   * OVERLOADED, RATE_LIMITED.
   */
  async projectFile(
    { who, source, bytes }: Upload,
    gone: AbortSignal,
  ): Promise<Result<ProjectFile>> {
    const permit = await this.#files.acquire({ user: who, session_id: '', units: bytes }, gone)
    if (!permit.ok) return permit
    const thread = this.#take()
    const close = () => this.#giveBack(thread, bytes)
    try {
      const transfer = 'bytes' in source ? [source.bytes.buffer] : []
      const read = await thread.ask('read', [source, this.#limits], { ms: FILE_MS, transfer })
      if (read.ok) {
        return ok({ ...read.value, ...stepsOf(thread), close, permit: permit.value })
      }
      close()
      permit.value.release()
      return read
    } catch (err) {
      close()
      permit.value.release()
      throw err
    }
  }

  async close(): Promise<void> {
    await this.#resting?.end()
    this.#resting = undefined
  }

  #take(): ParserThread {
    const thread = this.#resting
    this.#resting = undefined
    return thread && !thread.isEnded ? thread : new ParserThread()
  }

  #giveBack(thread: ParserThread, bytes: number): void {
    if (thread.isEnded) return
    if (this.#resting || bytes > LARGE_FILE) return void thread.end()
    this.#resting = thread
    this.#after(IDLE_MS, () => {
      if (this.#resting !== thread) return
      this.#resting = undefined
      void thread.end()
    })
  }
}

function stepsOf(thread: ParserThread): Pick<ProjectFile, 'prepare' | 'next' | 'envelope'> {
  const patience = { ms: FILE_MS }
  return {
    prepare: (preparation) => thread.ask('prepare', [preparation], patience),
    next: () => thread.ask('next', [], patience),
    envelope: () => thread.ask('envelope', [], patience),
  }
}
