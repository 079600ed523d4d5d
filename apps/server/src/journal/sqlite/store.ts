import { randomUUID } from 'node:crypto'
import { StorageError, type Journal } from '../journal.js'
import { FILL_AT, Log } from './append.js'
import { openDatabase, type SqliteDatabase } from './database.js'
import { JournalLost, messageOf, troubleOf } from './errors.js'
import { journalOver, type Async } from './over-steps.js'
import { Removal } from './removal.js'
import { prepareTables } from './schema.js'
import { renewEpochs } from './sessions.js'
import { readSteps, writeSteps, type ReadSteps, type WriteSteps } from './steps.js'
import { Tail } from './tail.js'
import { Texts } from './texts.js'

export type StoreOptions = {
  /** Rows behind the indexes from which on they are filled. */
  fillAt?: number | undefined
  /** Rows cannot be indexed. They are durable, and it is tried again later. */
  onStuck: (error: unknown) => void
}

/** Who writes to the database, on the calling thread: it blocks while the disk works. */
export type SqliteStore = {
  writes: WriteSteps
  reads: ReadSteps
  /** Does a part of what is to be done besides. True: there may be more. */
  tidy: () => boolean
  /** Indexes what is behind, and closes the database. */
  close: () => void
}

export function createSqliteStore(
  file: string,
  database: SqliteDatabase,
  { fillAt = FILL_AT, onStuck }: StoreOptions,
): SqliteStore {
  prepareTables(database, file)
  if (database.isOlder) renewEpochs(database, randomUUID)
  const tail = new Tail(database)
  tail.refresh()
  const texts = new Texts(database)
  const log = new Log({ database, tail, texts, fillAt })
  const removal = new Removal({ database, tail, texts, log })
  const work = () => {
    if (log.isDue) log.fill()
    // What is to be removed is found by the indexes.
    else if (!removal.isTidy && !log.isStuck) removal.tidy()
    else if (!texts.isTidy) texts.tidy()
    else return false
    return true
  }
  // After a failure it is tried again when there was twice as much occasion.
  let failures = 0
  let left = 0
  const tidy = () => {
    if (left > 0) {
      left -= 1
      return false
    }
    try {
      const more = work()
      failures = 0
      return more
    } catch (error) {
      if (error instanceof JournalLost) throw error
      // Damage where one session's rows belong is to stop no other: what is durable stays where it is.
      failures += 1
      left = 2 ** failures
      onStuck(error)
      return false
    }
  }
  return {
    writes: writeSteps({ database, tail, texts, log, removal, tidy }),
    reads: readSteps({ database, tail }),
    tidy,
    close() {
      for (let goesOn = true; goesOn && log.isBehind;) {
        log.due()
        goesOn = tidy()
      }
      database.close()
    },
  }
}

/** The whole journal on the calling thread. */
export function journalOf({ writes, reads, tidy, close }: SqliteStore): Journal {
  const journal = journalOver({
    reads: inTurn(reads, () => undefined),
    writes: inTurn(writes, tidy),
  })
  return { ...journal, ping: async () => writes.ping(), close: async () => close() }
}

/** The steps, each of which is followed by something. */
function inTurn<Steps extends object>(steps: Steps, then: () => void): Async<Steps> {
  const taken = Object.entries(steps).map(([name, step]) => [
    name,
    async (...args: unknown[]) => {
      const value = (step as (...given: unknown[]) => unknown)(...args)
      then()
      return value
    },
  ])
  return Object.fromEntries(taken) as Async<Steps>
}

/**
 * Makes a copied database ready to be served: gives every session a new epoch, since clients may have
 * seen entries that the copy does not have (rule SYNC3).
 */
export function prepareRestored(file: string, newId: () => string): void {
  const database = openDatabase(file, 'full')
  try {
    prepareTables(database, file)
    renewEpochs(database, newId)
    // One file again, without a log beside it, so that it can be moved.
    database.connection.exec('pragma journal_mode = delete')
  } finally {
    database.close()
  }
}

export type StoreEvents = {
  onStuck: (error: unknown) => void
  /** The disk failed; the database is opened again when it is used next. */
  onSuspect: (error: unknown) => void
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
  readonly #file: string
  #database: SqliteDatabase
  #store: SqliteStore
  readonly #events: StoreEvents
  #condition: 'sound' | 'unproven' | 'suspect' = 'sound'
  #reopenedAt = -Infinity
  /** The files are not in their place: what is written now would be lost with the process. */
  #away: StorageError | undefined

  constructor(file: string, database: SqliteDatabase, events: StoreEvents) {
    this.#file = file
    this.#database = database
    this.#events = events
    this.#store = this.#create()
  }

  /** Works with the store. Throws what SQLite throws, `StorageError` or `JournalLost`. */
  use<T>(work: (store: SqliteStore) => T): T {
    this.#reopen()
    try {
      return work(this.#store)
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  /** Does a part of what is to be done besides. True: there may be more. */
  tidy(): boolean {
    return this.#condition !== 'suspect' && this.#store.tidy()
  }

  /** Throws while the files are not in their place, as far as that was noticed. */
  expectInPlace(): void {
    if (this.#away) throw this.#away
  }

  /** Throws unless the database answers, and takes what is written after a failure. */
  prove(): void {
    if (this.#condition === 'sound') return
    this.use(() => this.#database.overwrite())
    this.#condition = 'sound'
  }

  /** Throws `JournalLost` when another process writes to the database, or may do so. */
  guard(): void {
    this.look()
    if (this.#away) return
    try {
      this.#database.guard()
    } catch (error) {
      // What else may fail here is told by the next request that needs the disk.
      if (error instanceof JournalLost) throw error
    }
  }

  /** Sees whether the files are in their place. */
  look(): void {
    const before = this.#away
    this.#away = undefined
    try {
      this.#database.look()
    } catch (error) {
      this.#away = error instanceof StorageError ? error : new StorageError(messageOf(error))
      if (!before) this.#events.onSuspect(this.#away)
    }
  }

  #create(): SqliteStore {
    const onStuck = (error: unknown) => {
      this.#events.onStuck(error)
      this.#failed(error)
    }
    return createSqliteStore(this.#file, this.#database, { onStuck })
  }

  #reopen(): void {
    if (this.#condition !== 'suspect' || performance.now() - this.#reopenedAt < REOPEN_EVERY_MS)
      return
    this.look()
    this.expectInPlace()
    this.#reopenedAt = performance.now()
    this.#database = this.#database.reopen()
    this.#store = this.#create()
    this.#condition = 'unproven'
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
        // It is tried again; the last time, the process ends before anybody is answered.
        if (error instanceof JournalLost) throw error
      }
    }
    throw new JournalLost(
      `A failed commit can neither be completed nor taken back: ${messageOf(cause)}`,
      { cause },
    )
  }
}
