import { Worker } from 'node:worker_threads'

/** What the worker is started with. */
export type CheckpointOptions = { file: string }

/** `checkpoint` is answered when it is over, `end` by the end of the worker. */
export type CheckpointRequest = 'checkpoint' | 'end'

/**
 * So many characters make about 16 MB of log: they are written as they come, once more with their
 * indexes when they move to their tables, and pages are written whole. Command ids are random, so a
 * page of their index is copied once per checkpoint instead of several times: a fifth more
 * throughput than with a quarter of it.
 */
const CHARACTERS = 4_000_000

/**
 * Copies the log into the database on a thread and a connection of its own. That takes tens of
 * milliseconds for which commands would wait otherwise: SQLite lets others append to the log
 * meanwhile. A pause of those who write lets the log begin anew; without any it grows on, until
 * SQLite's own checkpoint has to wait for what little is left to copy (`wal_autocheckpoint`).
 */
export class Checkpoints {
  readonly #file: string
  /** Started when it is needed first: many servers never write so much. */
  #worker: Worker | undefined
  /** Nobody is to be asked: one is running, or its thread has ended. */
  #rests = false
  #written = 0

  constructor(file: string) {
    this.#file = file
  }

  /** So many characters have been written. */
  wrote(characters: number): void {
    this.#written += characters
    if (this.#rests || this.#written < CHARACTERS) return
    this.#rests = true
    this.#written = 0
    this.#worker ??= this.#start()
    ask(this.#worker, 'checkpoint')
  }

  /** Lets the one that is running end, and closes the connection. */
  async close(): Promise<void> {
    this.#rests = true
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    ask(worker, 'end')
    await ended
  }

  #start(): Worker {
    const workerData: CheckpointOptions = { file: this.#file }
    const worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), { workerData })
    worker.on('message', () => {
      this.#rests = false
    })
    // The journal can do without it: SQLite's own checkpoints remain. The exit follows.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      this.#rests = true
      this.#worker = undefined
    })
    return worker
  }
}

function ask(worker: Worker, request: CheckpointRequest): void {
  worker.postMessage(request)
}
