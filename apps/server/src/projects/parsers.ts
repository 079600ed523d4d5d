import { type TransferListItem, Worker } from 'node:worker_threads'
import { fail, type ImportWarning, type JsonObject, ok, type Result } from '@talus/protocol'
import { builtWorker } from '../files.js'
import type { After } from '../clock.js'
import { type Concurrency, ConcurrencyLimit, type Permit } from '../limits/concurrency.js'
import type { NameKeys, Preparation, ReaderLimits } from './file-reader.js'

/** A real template takes some milliseconds. */
const TEMPLATE_MS = 10_000

/** The largest file takes a few seconds, all steps together. */
const FILE_MS = 30_000

/** Longer than one template may take: whoever is next is read after it, and not refused with it. */
const WAITING = { waiting: 64, waitingPerUser: 4, patienceMs: 15_000 }

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
export type ProjectFile = NamedTemplate & {
  prepare: (preparation: Preparation) => Promise<Result<PreparedFile>>
  /** The next nodes in pre-order, as a list in JSON; undefined: no more. */
  next: () => Promise<Result<string | undefined>>
  /** What the file says beside its nodes, as it is stored. */
  envelope: () => Promise<Result<string>>
  /** Ends what is read of it. The permit stays. */
  close: () => void
  /** That of having a file taken in; released by whoever gets it. */
  permit: Permit
  /** Of its bytes. */
  digest: string
}

/** A file that was uploaded by somebody; `digest` is that of its bytes. */
export type Upload = { who: string; source: FileSource; bytes: number; digest: string }

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
    { who, source, bytes, digest }: Upload,
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
        return ok({ ...read.value, ...stepsOf(thread), close, permit: permit.value, digest })
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

/** What one piece of work may take. */
type Patience = { ms: number; transfer?: readonly TransferListItem[] }

type Ask = {
  <M extends keyof ParseWork>(
    method: M,
    args: Parameters<ParseWork[M]>,
    patience: Patience,
  ): Promise<ReturnType<ParseWork[M]> | Result<never>>
}

/** Megabytes of its heap. What is read is beside it, in buffers. */
const HEAP_MB = 256

const TOO_MUCH_MEMORY = `Expected what can be read with ${HEAP_MB} MB of memory`

function tooSlow(ms: number): string {
  return `Expected what can be read within ${ms / 1_000} s`
}

function refused(message: string): Result<never> {
  return fail('LIMIT_EXCEEDED', message, [
    { path: '', expected: message.slice('Expected '.length) },
  ])
}

/**
 * A thread that reads what strangers send. Reading may take any time and any memory: the thread is
 * ended when it takes too much of either, and nothing else notices. One piece of work at a time.
 */
export class ParserThread {
  readonly #worker: Worker
  #settle: ((reply: ParseReply | 'memory' | Error) => void) | undefined
  #ended = false

  constructor() {
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 32 }
    this.#worker = new Worker(builtWorker('projects/parse-worker.js'), { resourceLimits })
    // It must not keep a process that has nothing else to do.
    this.#worker.unref()
    this.#worker.on('message', (reply: ParseReply) => this.#settle?.(reply))
    this.#worker.on('error', (err: NodeJS.ErrnoException) => {
      this.#ended = true
      this.#settle?.(err.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : err)
    })
    this.#worker.on('exit', (code) => {
      this.#ended = true
      this.#settle?.(new Error(`The parser thread exited with code ${code}`))
    })
  }

  /** Whether it can do no more: another one has to be started. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** Errors: LIMIT_EXCEEDED, when it takes too long or too much memory; those of the work. */
  readonly ask: Ask = async (method, args, { ms, transfer = [] }) => {
    const reply = await this.#run({ method, args } as ParseRequest, { ms, transfer })
    if (reply === 'time') return refused(tooSlow(ms))
    if (reply === 'memory') return refused(TOO_MUCH_MEMORY)
    if (reply instanceof Error) throw reply
    if (reply.state === 'failed') throw reply.error
    return reply.value as ReturnType<ParseWork[typeof method]>
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }

  #run(request: ParseRequest, { ms, transfer }: Required<Patience>) {
    return new Promise<ParseReply | 'memory' | 'time' | Error>((resolve) => {
      if (this.#ended) return resolve(new Error('The parser thread has ended'))
      const settle = (reply: ParseReply | 'memory' | 'time' | Error) => {
        clearTimeout(timer)
        this.#settle = undefined
        resolve(reply)
      }
      // Real time, whatever clock the server goes by: nothing else would end the thread.
      const timer = setTimeout(() => {
        settle('time')
        void this.end()
      }, ms)
      this.#settle = settle
      this.#worker.postMessage(request, transfer)
    })
  }
}

/** Where the bytes of a project file are: in memory, or in an open file. */
export type FileSource = { bytes: Uint8Array<ArrayBuffer> } | { fd: number; size: number }

/** The template that a file names, and where. */
export type NamedTemplate = { template_id: string | null; template_at: string }

/** `warnings`: the first ones of so many. */
type PreparedFile = {
  count: number
  name: string | undefined
  warnings: { list: readonly ImportWarning[]; count: number }
}

/** What the thread does, one thing at a time. `read`, `prepare` and so on are about one file. */
export type ParseWork = {
  /** A template, as YAML or JSON text: its report as JSON. */
  template: (text: string, form: 'yaml' | 'json') => Result<string>
  /** Takes in a project file: the template that it names. */
  read: (source: FileSource, limits: ReaderLimits) => Result<NamedTemplate>
  prepare: (preparation: {
    template_id: string | undefined
    name_keys: NameKeys
    now: string
  }) => Result<PreparedFile>
  next: () => Result<string | undefined>
  envelope: () => Result<string>
}

export type ParseRequest = {
  [M in keyof ParseWork]: { method: M; args: Parameters<ParseWork[M]> }
}[keyof ParseWork]

export type ParseReply = { state: 'done'; value: unknown } | { state: 'failed'; error: unknown }
