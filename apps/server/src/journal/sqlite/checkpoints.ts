import { StorageError } from '../journal.js'

/** So many characters make about 16 MB of log, with the pages that are written whole. */
const CHARACTERS = 4_000_000

/** After a failure it is tried again without anything being written meanwhile. */
const RETRY_MS = 1_000

/** One may fail by a moment's misfortune; from so many in a row on, the log only grows. */
const FAILING = 2

/**
 * Has the log copied into the database on the thread that reads. That takes tens of milliseconds for
 * which commands would wait otherwise: SQLite lets others append to the log meanwhile. A pause of
 * those who write lets the log begin anew; without any it grows on, until SQLite's own checkpoint has
 * to wait for what little is left to copy (`wal_autocheckpoint`). A checkpoint that fails loses
 * nothing: the log has everything until one has succeeded.
 */
export class Checkpoints {
  readonly #checkpoint: () => Promise<void>
  readonly #onFailed: (error: StorageError) => void
  #state: 'waiting' | 'running' | 'closed' = 'waiting'
  #written = 0
  #failures = 0
  #reason = ''

  constructor(checkpoint: () => Promise<void>, onFailed: (error: StorageError) => void) {
    this.#checkpoint = checkpoint
    this.#onFailed = onFailed
  }

  /** So many characters have been written. */
  wrote(characters: number): void {
    this.#written += characters
    if (this.#written >= CHARACTERS && this.#state === 'waiting') void this.#run()
  }

  /** Throws `StorageError` when the log cannot be copied: it grows until the disk is full. */
  expectWorking(): void {
    if (this.#failures < FAILING) return
    throw new StorageError(`The log cannot be copied into the database: ${this.#reason}`)
  }

  /** Begins none any more. */
  close(): void {
    this.#state = 'closed'
  }

  async #run(): Promise<void> {
    this.#state = 'running'
    this.#written = 0
    try {
      await this.#checkpoint()
      this.#failures = 0
    } catch (error) {
      this.#failed(error)
    }
    // Closing may have come in between.
    if ((this.#state as string) === 'running') this.#state = 'waiting'
  }

  #failed(error: unknown): void {
    if ((this.#state as string) === 'closed') return
    this.#failures += 1
    this.#reason = error instanceof Error ? error.message : String(error)
    this.#onFailed(new StorageError(`A checkpoint failed: ${this.#reason}`))
    setTimeout(() => {
      if (this.#state === 'waiting') void this.#run()
    }, RETRY_MS).unref()
  }
}
