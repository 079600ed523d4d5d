import Database from 'libsql'
import { StorageError, type Journal } from '../src/journal/journal.js'
import { openDatabase } from '../src/journal/sqlite-database.js'
import { createSqliteStore } from '../src/journal/sqlite-store.js'
import type { SettleAt } from '../src/journal/staging.js'

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

  static async open(file: string, settleAt?: SettleAt): Promise<FaultyStore> {
    const database = openDatabase(file, 'normal')
    const disk = new FaultyDisk(database.connection)
    const { journal } = await createSqliteStore(database, { settleAt, onStuck: () => undefined })
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

  constructor(connection: Database.Database) {
    const exec = connection.exec.bind(connection)
    const prepare = connection.prepare.bind(connection)
    connection.exec = (sql) => this.#step(sql, () => exec(sql))
    // Its type is generic in the parameters of the statement, which make no difference here.
    connection.prepare = ((sql: string) => {
      const statement = prepare(sql)
      const run = statement.run.bind(statement) as (...values: unknown[]) => Database.RunResult
      return Object.assign(statement, {
        run: (...values: unknown[]) => this.#step(sql, () => run(...values)),
      })
    }) as typeof prepare
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
    // Taking back is not a step: what if it fails is up to the next `begin`.
    if (sql === 'rollback') return work()
    this.#left -= 1
    if (this.#left !== 0) return work()
    this.#reached = true
    if (this.#fault === 'after') work()
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE', 778)
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
        if (!(cause instanceof Database.SqliteError)) throw cause
        throw new StorageError(cause.message, { cause })
      }
    },
  ])
  return Object.fromEntries(methods) as Journal
}
