import { copyFile, mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Journal } from '../src/journal/journal.js'
import { openDatabase, type SqliteDatabase } from '../src/journal/sqlite/database.js'
import { createSqliteStore, journalOf } from '../src/journal/sqlite/store.js'
import { temporaryDirectory } from './journal-directory.js'

/** How a journal ends: `close` indexes what is behind, `crash` leaves the disk as a kill leaves it. */
export type Ending = 'close' | 'crash'

/** The SQLite journal, on this thread, whose indexes are filled when the test says so. */
export class LocalStore {
  journal: Journal
  #file: string
  #database: SqliteDatabase
  readonly #fillAt: number | undefined
  /** Why rows could not be indexed, each time. */
  readonly stuck: unknown[]

  private constructor(file: string, fillAt: number | undefined, opened: Opened) {
    this.#file = file
    this.#fillAt = fillAt
    this.journal = opened.journal
    this.#database = opened.database
    this.stuck = opened.stuck
  }

  static async open(file: string, fillAt?: number): Promise<LocalStore> {
    return new LocalStore(file, fillAt, await openOn(file, fillAt, []))
  }

  /** The database, which is another one after each `crash`. */
  get file(): string {
    return this.#file
  }

  /** The answer of a query for one number. */
  count(sql: string): number {
    const [row] = this.#database.connection.prepare(sql).all() as Record<string, number>[]
    return Object.values(row ?? {})[0] ?? Number.NaN
  }

  /** Rows of the log that are behind its indexes. */
  behind(): number {
    return this.count('select count(*) from log where id > (select indexed from journal)')
  }

  exec(sql: string): void {
    this.#database.connection.exec(sql)
  }

  /** Ends without indexing anything. */
  drop(): void {
    this.#database.close()
  }

  async reopen(ending: Ending): Promise<Journal> {
    if (ending === 'close') await this.journal.close()
    else await this.#crash()
    const opened = await openOn(this.#file, this.#fillAt, this.stuck)
    this.journal = opened.journal
    this.#database = opened.database
    return this.journal
  }

  /** Goes on with what is on the disk now, log included; closing would change it. */
  async #crash(): Promise<void> {
    const copy = join(await mkdtemp(`${this.#file}-`), 'journal.db')
    for (const suffix of ['', '-wal']) await copyFile(this.#file + suffix, copy + suffix)
    this.#database.close()
    this.#file = copy
  }
}

type Opened = { journal: Journal; database: SqliteDatabase; stuck: unknown[] }

async function openOn(file: string, fillAt: number | undefined, stuck: unknown[]): Promise<Opened> {
  const database = closedOnce(openDatabase(file, 'normal'))
  const onStuck = (error: unknown) => stuck.push(error)
  const journal = journalOf(createSqliteStore(file, database, { fillAt, onStuck }))
  return { journal, database, stuck }
}

/** A test may have closed what is closed at its end. */
function closedOnce(database: SqliteDatabase): SqliteDatabase {
  let close: (() => void) | undefined = database.close
  return {
    ...database,
    close() {
      close?.()
      close = undefined
    },
  }
}

/** A store in a directory of its own; both are gone at the end of the scope. */
export async function temporaryStore(
  fillAt?: number,
): Promise<AsyncDisposable & { store: LocalStore }> {
  const directory = await temporaryDirectory()
  const folder = join(directory.path, 'data')
  await mkdir(folder)
  const store = await LocalStore.open(join(folder, 'journal.db'), fillAt)
  return {
    store,
    async [Symbol.asyncDispose]() {
      store.drop()
      await directory[Symbol.asyncDispose]()
    },
  }
}
