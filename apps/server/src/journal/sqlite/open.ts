import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { builtWorker, closeToOthers, createPrivateFolder } from '../../files.js'
import { type Journal, StorageError } from '../journal.js'
import { Checkpoints } from './wal.js'
import type { Durability } from './database.js'
import { writeProbe } from './files.js'
import {
  type JournalFault,
  type Notice,
  outcomeOf,
  type Reads,
  type Reply,
  type Request,
  type ThreadOptions,
  type Writes,
} from './messages.js'
import { type Async, journalOver } from './over-steps.js'
import { ERASED_AT_ONCE } from './removal.js'

type JournalEvents = {
  /**
   * The journal is lost: one of its threads has died, another process writes to the database, or
   * nobody can say whether a commit is durable. The process should end now: what was being written
   * is never answered, since it may or may not be there after the next start.
   */
  onFatal: (error: StorageError) => void
  /** Something else failed. It is tried again, and nothing acknowledged is lost. */
  onFault: (fault: Exclude<JournalFault, 'lost'>, error: StorageError) => void
}

/** The main thread's end of the two threads of a journal: requests out, replies in. */
type Link = {
  writes: Async<Writes>
  reads: Async<Reads>
  /** Lets what is pending finish, then closes the database and ends the threads. */
  close: (pending: Iterable<Promise<unknown>>) => Promise<void>
  /** Ends the threads, each when it has done what it is doing. */
  end: () => Promise<void>
}

type Waiting = {
  method: string
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** What the thread that writes is asked for without anything being written. */
const ASKED: ReadonlySet<string> = new Set<keyof Writes>(['ping', 'size'])

/** `ended`: there is nobody to ask any more, for the reason that `error` gives. */
type State = { state: 'open' } | { state: 'ended'; error: StorageError }

function closedError(): StorageError {
  return new StorageError('The journal is closed')
}

/** One thread, and who waits for its answers. */
class Thread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly exited: Promise<void>
  #lastId = 0
  /** The last answer was that to `close`. */
  #isClosed = false

  constructor(
    worker: Worker,
    onNotice: (notice: Notice) => void,
    onDeath: (cause: unknown) => void,
  ) {
    this.#worker = worker
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (message: Reply | Notice) => {
      if (message.id === null) onNotice(message)
      else this.#settle(message)
    })
    worker.on('messageerror', onDeath)
    worker.on('error', onDeath)
    worker.on('exit', (code) => {
      if (!this.#isClosed) onDeath(new Error(`The worker exited with code ${code}`))
    })
  }

  ask(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#worker.postMessage({ id, method, args } satisfies Request)
      this.#waiting.set(id, { method, resolve, reject })
    })
  }

  /** Answers those that wait for such a method with an error, and the others never. */
  giveUp(error: StorageError, isAnswered: (method: string) => boolean): void {
    for (const { method, reject } of this.#waiting.values()) if (isAnswered(method)) reject(error)
    this.#waiting.clear()
  }

  /** Asks it to end. A thread that is terminated within SQLite takes the process with it. */
  async end(): Promise<void> {
    this.ask('close', []).catch(() => undefined)
    await this.exited
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    this.#isClosed = waiting?.method === 'close'
    const outcome = outcomeOf(reply)
    if ('error' in outcome) waiting?.reject(outcome.error)
    else waiting?.resolve(outcome.value)
  }
}

/** What a read is about, such as a session; lists are about the same. */
function aboutOf([first]: readonly unknown[]): string {
  return typeof first === 'string' ? first : ''
}

/** Characters that a request writes. */
function charsOf(method: string, args: readonly unknown[]): number {
  if (method === 'append') return (args[0] as string).length
  if (method === 'eraseRemoved') return ERASED_AT_ONCE
  if (method !== 'addParts') return 0
  return (args[2] as string[]).reduce((sum, { length }) => sum + length, 0)
}

export function linkThreads(
  workers: { write: Worker; read: Worker },
  { onFatal, onFault }: JournalEvents,
): Link {
  const queue = new ReadQueue()
  let state: State = { state: 'open' }
  /** Settles when the last write that was asked for is done, or nobody can say. */
  let lastWrite: Promise<unknown> = Promise.resolve()
  let settle = (): void => undefined
  const lost = new Promise<void>((resolve) => (settle = resolve))

  const lose = (error: StorageError) => {
    if (state.state === 'ended') return
    state = { state: 'ended', error }
    try {
      onFatal(error)
    } finally {
      // Whether what was being written is durable, nobody can say.
      settle()
      writer.giveUp(error, (method) => ASKED.has(method))
      reader.giveUp(error, () => true)
    }
  }
  const onDeath = (cause: unknown) =>
    lose(new StorageError('A thread of the journal has died', { cause }))
  const onNotice = ({ fault, message }: Notice) => {
    const error = new StorageError(message)
    if (fault === 'lost') lose(error)
    else onFault(fault, error)
  }
  const writer = new Thread(workers.write, onNotice, onDeath)
  const reader = new Thread(workers.read, onNotice, onDeath)
  const checkpoints = new Checkpoints(
    async () => void (await reader.ask('checkpoint', [])),
    (error) => onFault('checkpoint', error),
  )

  const write = (method: string, args: unknown[]) => {
    if (state.state === 'ended') return Promise.reject(state.error)
    const answer = writer.ask(method, args)
    // Reads wait for its end only: whoever has asked for it is told of the failure.
    lastWrite = answer.catch(() => undefined)
    checkpoints.wrote(charsOf(method, args))
    return answer
  }
  /** Sees what was asked to be written before. */
  const read = async (method: string, args: unknown[]) => {
    await Promise.race([lastWrite, lost])
    if (state.state === 'ended') throw state.error
    return await queue.run(aboutOf(args), () => reader.ask(method, args))
  }
  return {
    writes: stepsBy<Writes>(async (method, args) => {
      const answer = await write(method, args)
      if (method === 'ping') checkpoints.expectWorking()
      return answer
    }),
    reads: stepsBy<Reads>(read),
    async close(pending) {
      await Promise.race([Promise.allSettled(pending), lost])
      if (state.state === 'ended') throw state.error
      checkpoints.close()
      await reader.ask('close', [])
      await reader.exited
      // The last to close the database copies the rest of the log and removes it.
      await writer.ask('close', [])
      // The lock on the file is gone only when the thread is.
      await writer.exited
      state = { state: 'ended', error: closedError() }
    },
    async end() {
      state = { state: 'ended', error: closedError() }
      await Promise.all([reader.end(), writer.end()])
    },
  }
}

/** Steps that are taken somewhere else, by name. */
function stepsBy<Steps>(take: (method: string, args: unknown[]) => Promise<unknown>): Async<Steps> {
  return new Proxy({} as Async<Steps>, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        take(String(method), args),
  })
}

/** Reads that the worker has at a time: a commit waits for those, not for all that were asked. */
const AT_ONCE = 4

/**
 * Hands reads on a few at a time, those about different things in turns: whoever asks for thousands
 * delays neither what is written nor what others read.
 */
export class ReadQueue {
  readonly #waiting = new Map<string, (() => void)[]>()
  #running = 0

  /** `about`: such as a session. `read` begins now or later, and settles when it is done. */
  run<T>(about: string, read: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) return this.#begin(read)
    return new Promise((resolve) => {
      const start = () => resolve(this.#begin(read))
      const own = this.#waiting.get(about)
      if (own) own.push(start)
      else this.#waiting.set(about, [start])
    })
  }

  /** Begins all that wait: nothing else is going to come. */
  hurry(): void {
    while (this.#waiting.size > 0) this.#next()
  }

  #begin<T>(read: () => Promise<T>): Promise<T> {
    this.#running += 1
    return read().finally(() => {
      this.#running -= 1
      this.#next()
    })
  }

  #next(): void {
    const [first] = this.#waiting
    if (!first) return
    const [about, own] = first
    const start = own.shift()
    this.#waiting.delete(about)
    if (own.length > 0) this.#waiting.set(about, own)
    start?.()
  }
}

type SqliteJournalOptions = {
  /** The database; it and its directory are created if need be. */
  file: string
  durability: Durability
  /** Other users of the machine may do something with a file or folder: a sentence that says so. */
  onExposed?: (sentence: string) => void
} & Partial<JournalEvents>

/**
 * The journal in a SQLite database, with a thread that writes and one that reads, so that waiting for
 * the disk never blocks the event loop, and reading no commit. Rejects with `StorageError` when the
 * file cannot be used: it is no journal, another process has it open, its directory cannot be created
 * or written.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { file, durability, onFatal = () => undefined, onFault = () => undefined } = options
  await createDataFolder(dirname(file))
  const workerData: ThreadOptions = { file, durability }
  const start = (thread: string) => new Worker(builtWorker(thread), { workerData })
  const write = start('journal/sqlite/write-thread.js')
  const read = start('journal/sqlite/read-thread.js')
  const link = linkThreads({ write, read }, { onFatal, onFault })
  try {
    // The first answer tells whether the database opened.
    await link.writes.ping()
  } catch (error) {
    await link.end()
    throw error
  }
  for (const sentence of closeToOthers(file)) options.onExposed?.(sentence)
  return untilClosed(link, writeProbe(`${file}-probe`))
}

/** Creates the folder of a database, if need be. Throws `StorageError`. */
export async function createDataFolder(folder: string): Promise<void> {
  try {
    await createPrivateFolder(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`The data directory ${folder} cannot be created: ${reason}`, {
      cause: error,
    })
  }
}

/** The journal of two threads. When it is closed, calls that were made before come to their end. */
export function untilClosed(link: Link, probe: () => Promise<void>): Journal {
  const pending = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  const ping = async () => {
    await link.writes.ping()
    await probe()
  }
  const methods = { ...journalOver(link), ping }
  const counted = Object.entries(methods).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      if (closed !== undefined) throw closedError()
      const call = (method as (...given: unknown[]) => Promise<unknown>)(...args)
      pending.add(call)
      return await call.finally(() => pending.delete(call))
    },
  ])
  const close = () => (closed ??= link.close(pending))
  return { ...(Object.fromEntries(counted) as typeof methods), close }
}
