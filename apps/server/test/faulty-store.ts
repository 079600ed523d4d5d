import { StorageError, type Journal } from '../src/journal/journal.js'
import { openDatabase, type Connection, type SqlValue } from '../src/journal/sqlite/database.js'
import { isSqliteError } from '../src/journal/sqlite/errors.js'
import { createSqliteStore, journalOf } from '../src/journal/sqlite/store.js'

/** `before`: the step is not done. `after`: it is done, and its success gets lost. */
export type Fault = 'before' | 'after'

/** The real SQLite journal, on this thread, whose disk fails at a chosen step of writing. */
export class FaultyStore {
  readonly journal: Journal
  readonly #disk: FaultyDisk

  private constructor(journal: Journal, disk: FaultyDisk) {
    this.journal = journal
    this.#disk = disk
  }

  static async open(file: string, fillAt?: number): Promise<FaultyStore> {
    const database = openDatabase(file, 'normal')
    const disk = new FaultyDisk(database.connection)
    const store = createSqliteStore(file, database, { fillAt, onStuck: () => undefined })
    const journal = journalOf(store)
    return new FaultyStore(asStorageErrors(journal), disk)
  }

  /** The n-th step from now on fails: an insert, update or delete, a begin or a commit. */
  failAt(step: number, fault: Fault): void {
    this.#disk.failAt(step, fault)
  }

  /** Whether the step was reached; from now on nothing fails. */
  repair(): boolean {
    return this.#disk.repair()
  }
}

class FaultyDisk {
  #left = Infinity
  #fault: Fault = 'before'
  #reached = false

  constructor(connection: Connection) {
    const exec = connection.exec.bind(connection)
    const prepare = connection.prepare.bind(connection)
    // Methods of the driver are read-only: they can be defined anew, not assigned.
    Object.defineProperty(connection, 'exec', {
      value: (sql: string) => this.#step(sql, () => exec(sql)),
    })
    Object.defineProperty(connection, 'prepare', {
      value: (sql: string) => {
        const statement = prepare(sql)
        const run = statement.run.bind(statement)
        return Object.defineProperty(statement, 'run', {
          value: (...values: SqlValue[]) => this.#step(sql, () => run(...values)),
        })
      },
    })
  }

  failAt(step: number, fault: Fault): void {
    this.#left = step
    this.#fault = fault
    this.#reached = false
  }

  repair(): boolean {
    this.#left = Infinity
    return this.#reached
  }

  #step<T>(sql: string, work: () => T): T {
    // Reading is not a step, nor taking back: what if it fails is up to the next `begin`.
    if (['begin', 'end', 'rollback'].includes(sql)) return work()
    this.#left -= 1
    if (this.#left !== 0) return work()
    this.#reached = true
    if (this.#fault === 'after') work()
    const codes = { sqliteCodeName: 'SQLITE_IOERR', sqliteExtendedCode: 778 }
    throw Object.assign(new Error('disk I/O error'), codes)
  }
}

/** As the worker does it: what SQLite throws is a failure of the storage. */
function asStorageErrors(journal: Journal): Journal {
  const methods = Object.entries(journal).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (method as (...given: unknown[]) => Promise<unknown>)(...args)
      } catch (cause) {
        if (!isSqliteError(cause)) throw cause
        throw new StorageError(cause.message, { cause })
      }
    },
  ])
  return Object.fromEntries(methods) as Journal
}
