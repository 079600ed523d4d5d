import type { Kysely } from 'kysely'
import { StorageError } from '../journal/journal.js'
import { MIGRATIONS } from '../journal/migrations.js'
import type { JournalTables } from '../journal/schema.js'
import { openReadOnly, type SqliteDatabase } from '../journal/sqlite-database.js'
import { kyselyOver } from '../journal/sqlite-dialect.js'
import { showStaged } from '../journal/staged-view.js'

/** A journal that is only read; whoever writes to it meanwhile is not disturbed. */
export type JournalReading = AsyncDisposable & {
  db: Kysely<JournalTables>
  /** SQL that Kysely has no words for. */
  exec: (sql: string) => void
  all: (sql: string) => unknown[]
}

/** Opens a database to read it, staged rows too. Throws `StorageError` when it is none of ours. */
export async function openReading(file: string): Promise<JournalReading> {
  const database = openReadOnly(file)
  const reading = await readingOf(file, database)
  showStaged(database, reading.db)
  return reading
}

/** Opens a database as it is, what is staged apart from its tables: to copy it. */
export async function openTables(file: string): Promise<JournalReading> {
  return await readingOf(file, openReadOnly(file))
}

async function readingOf(file: string, database: SqliteDatabase): Promise<JournalReading> {
  const db = kyselyOver(database)
  await expectSchema(file, db)
  return {
    db,
    exec: (sql) => database.connection.exec(sql),
    all: (sql) => database.prepare(sql).all(),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

async function expectSchema(file: string, db: Kysely<JournalTables>): Promise<void> {
  const tables = db as unknown as Kysely<{ kysely_migration: { name: string } }>
  const done = await tables.selectFrom('kysely_migration').select('name').execute()
  const names = new Set(done.map(({ name }) => name))
  const missing = Object.keys(MIGRATIONS).find((name) => !names.has(name))
  if (missing === undefined) return
  throw new StorageError(
    `${file} was written by an older version. Start the server on it once to bring it up to date.`,
  )
}
