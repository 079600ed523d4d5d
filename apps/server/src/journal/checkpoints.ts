import { Worker } from 'node:worker_threads'
import { StorageError } from './journal.js'

/** What the worker is started with. */
export type CheckpointOptions = { file: string }

/** `checkpoint` is answered when it is over, `end` by the end of the worker. */
export type CheckpointRequest = 'checkpoint' | 'end'

/** Null: done. Otherwise why it failed. */
export type CheckpointReply = string | null

/**
 * So many characters make about 16 MB of log: they are written as they come, once more with their
 * indexes when they move to their tables, and pages are written whole. Command ids are random, so a
 * page of their index is copied once per checkpoint instead of several times: a fifth more
 * throughput than with a quarter of it.
 */
const CHARACTERS = 4_000_000

/** After a failure it is tried again without anything being written meanwhile. */
const RETRY_MS = 1_000

/** One may fail by a moment's misfortune; from so many in a row on, the log only grows. */
const FAILING = 2

/**
 * Copies the log into the database on a thread and a connection of its own. That takes tens of
 * milliseconds for which commands would wait otherwise: SQLite lets others append to the log
 * meanwhile. A pause of those who write lets the log begin anew; without any it grows on, until
 * SQLite's own checkpoint has to wait for what little is left to copy (`wal_autocheckpoint`).
 * A checkpoint that fails loses nothing: the log has everything until one has succeeded.
 */
export class Checkpoints {
  readonly #file: string
  readonly #onFailed: (error: StorageError) => void
  /** Started when it is needed first: many servers never write so much. */
  #worker: Worker | undefined
  #state: 'waiting' | 'running' | 'closed' = 'waiting'
  #written = 0
  #failures = 0
  #reason = ''

  constructor(file: string, onFailed: (error: StorageError) => void) {
    this.#file = file
    this.#onFailed = onFailed
  }

  /** So many characters have been written. */
  wrote(characters: number): void {
    this.#written += characters
    if (this.#written >= CHARACTERS) this.#ask()
  }

  /** Throws `StorageError` when the log cannot be copied: it grows until the disk is full. */
  expectWorking(): void {
    if (this.#failures < FAILING) return
    throw new StorageError(`The log cannot be copied into the database: ${this.#reason}`)
  }

  /** Lets the one that is running end, and closes the connection. */
  async close(): Promise<void> {
    this.#state = 'closed'
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    send(worker, 'end')
    await ended
  }

  #ask(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'running'
    this.#written = 0
    this.#worker ??= this.#start()
    send(this.#worker, 'checkpoint')
  }

  #start(): Worker {
    const workerData: CheckpointOptions = { file: this.#file }
    const worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), { workerData })
    worker.on('message', (reply: CheckpointReply) => this.#over(reply))
    worker.on('error', (error) => this.#over(`its thread ended: ${error.message}`))
    // The next one starts another thread.
    worker.on('exit', () => {
      this.#worker = undefined
    })
    return worker
  }

  #over(reply: CheckpointReply): void {
    if (this.#state === 'running') this.#state = 'waiting'
    if (reply === null) {
      this.#failures = 0
      return
    }
    this.#failures += 1
    this.#reason = reply
    this.#onFailed(new StorageError(`A checkpoint failed: ${reply}`))
    setTimeout(() => this.#ask(), RETRY_MS).unref()
  }
}

function send(worker: Worker, request: CheckpointRequest): void {
  worker.postMessage(request)
}
