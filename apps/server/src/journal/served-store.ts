import type { SqliteDatabase } from './sqlite-database.js'
import { JournalLost, messageOf, troubleOf } from './sqlite-error.js'
import { createSqliteStore, type SqliteStore } from './sqlite-store.js'

export type StoreEvents = {
  onStuck: (error: unknown) => void
  /** The disk failed; the database is opened again when it is used next. */
  onSuspect: (error: unknown) => void
  /** There is another store: what it knows of ids is to be learnt again. */
  onReopened: (store: ServedStore) => void
}

/** Milliseconds between tries to overwrite what a failed commit may have left in the log. */
const PAUSES = [0, 20, 100, 300, 600, 1_000]

/** A place that stays unreadable must not have the database opened again for every request. */
const REOPEN_EVERY_MS = 1_000

/**
 * A store that survives failures of the disk. After one, its connection is opened again before it
 * is used further. After a failed commit that may be in the log all the same (the sync failed, so
 * a later start could find it there), the log is overwritten before anybody is told of the failure;
 * where that is impossible, `JournalLost` is thrown.
 */
export class ServedStore {
  #database: SqliteDatabase
  #store: SqliteStore
  readonly #events: StoreEvents
  #condition: 'sound' | 'unproven' | 'suspect' = 'sound'
  #reopenedAt = -Infinity

  private constructor(database: SqliteDatabase, store: SqliteStore, events: StoreEvents) {
    this.#database = database
    this.#store = store
    this.#events = events
  }

  static async open(database: SqliteDatabase, events: StoreEvents): Promise<ServedStore> {
    return new ServedStore(database, await createSqliteStore(database, events), events)
  }

  /** The store, without regard to its condition. */
  get current(): SqliteStore {
    return this.#store
  }

  /** Works with the store. Rejects with what SQLite throws, `StorageError` or `JournalLost`. */
  async use<T>(work: (store: SqliteStore) => T | Promise<T>): Promise<T> {
    await this.#reopen()
    try {
      return await work(this.#store)
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  /** Rejects unless the database answers, and takes what is written after a failure. */
  async prove(): Promise<void> {
    if (this.#condition === 'sound') return
    await this.use(() => this.#database.overwrite())
    this.#condition = 'sound'
  }

  /** Throws `JournalLost` when another process writes to the database, or may do so. */
  guard(): void {
    try {
      this.#database.guard()
    } catch (error) {
      // What else may fail here is told by the next request that needs the disk.
      if (error instanceof JournalLost) throw error
    }
  }

  async #reopen(): Promise<void> {
    if (this.#condition !== 'suspect' || performance.now() - this.#reopenedAt < REOPEN_EVERY_MS)
      return
    this.#reopenedAt = performance.now()
    this.#database = this.#database.reopen()
    this.#store = await createSqliteStore(this.#database, this.#events)
    this.#condition = 'unproven'
    this.#events.onReopened(this)
  }

  #failed(error: unknown): void {
    const trouble = troubleOf(error)
    if (trouble === undefined) return
    if (trouble.mayBeCommitted) this.#overwrite(error)
    if (this.#condition !== 'suspect') this.#condition = trouble.isSuspect ? 'suspect' : 'unproven'
    this.#events.onSuspect(error)
  }

  #overwrite(cause: unknown): void {
    for (const pause of PAUSES) {
      // This thread has nothing else to do: whatever is asked has to wait for this.
      if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
      try {
        this.#database.overwrite()
        return
      } catch (error) {
        if (error instanceof JournalLost) throw error
      }
    }
    throw new JournalLost(
      `A failed commit can neither be completed nor taken back: ${messageOf(cause)}`,
      { cause },
    )
  }
}
