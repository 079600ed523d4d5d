import { copyFile, mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Journal } from '../src/journal/journal.js'
import { openDatabase, type SqliteDatabase } from '../src/journal/sqlite-database.js'
import { createSqliteStore } from '../src/journal/sqlite-store.js'
import type { SettleAt } from '../src/journal/staging.js'
import { temporaryDirectory } from './journal-directory.js'

/** How a journal ends: `close` moves what is staged, `crash` leaves the disk as a kill leaves it. */
export type Ending = 'close' | 'crash'

/** The SQLite journal, on this thread, that moves what is staged when the test says so. */
export class StagedStore {
  journal: Journal
  #file: string
  #database: SqliteDatabase
  readonly #settleAt: SettleAt | undefined
  /** Why rows could not be moved, each time. */
  readonly stuck: unknown[]

  private constructor(file: string, settleAt: SettleAt | undefined, opened: Opened) {
    this.#file = file
    this.#settleAt = settleAt
    this.journal = opened.journal
    this.#database = opened.database
    this.stuck = opened.stuck
  }

  static async open(file: string, settleAt?: SettleAt): Promise<StagedStore> {
    return new StagedStore(file, settleAt, await openOn(file, settleAt, []))
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

  exec(sql: string): void {
    this.#database.connection.exec(sql)
  }

  /** Ends without moving anything. */
  drop(): void {
    this.#database.close()
  }

  async reopen(ending: Ending): Promise<Journal> {
    if (ending === 'close') await this.journal.close()
    else await this.#crash()
    const opened = await openOn(this.#file, this.#settleAt, this.stuck)
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

async function openOn(
  file: string,
  settleAt: SettleAt | undefined,
  stuck: unknown[],
): Promise<Opened> {
  const database = closedOnce(openDatabase(file, 'normal'))
  const onStuck = (error: unknown) => stuck.push(error)
  const { journal } = await createSqliteStore(database, { settleAt, onStuck })
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
  settleAt?: SettleAt,
): Promise<AsyncDisposable & { store: StagedStore }> {
  const directory = await temporaryDirectory()
  const folder = join(directory.path, 'data')
  await mkdir(folder)
  const store = await StagedStore.open(join(folder, 'journal.db'), settleAt)
  return {
    store,
    async [Symbol.asyncDispose]() {
      store.drop()
      await directory[Symbol.asyncDispose]()
    },
  }
}
