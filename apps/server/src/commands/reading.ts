import type { Kysely } from 'kysely'
import { StorageError } from '../journal/journal.js'
import { MIGRATIONS } from '../journal/migrations.js'
import type { JournalTables } from '../journal/schema.js'
import { openReadOnly } from '../journal/sqlite-database.js'
import { kyselyOver } from '../journal/sqlite-dialect.js'
import { showStaged } from '../journal/staged-view.js'
import { expectDatabaseFile } from './database-file.js'
import { failureText, isMachineFailure } from './failure.js'

/** A journal that is only read; whoever writes to it meanwhile is not disturbed. */
export type JournalReading = AsyncDisposable & {
  db: Kysely<JournalTables>
  /** SQL that Kysely has no words for. */
  exec: (sql: string) => void
  all: (sql: string) => unknown[]
}

/** Opens a database to read it, staged rows too. Throws `StorageError` when it is none of ours. */
export async function openReading(file: string): Promise<JournalReading> {
  const { database, reading } = await opened(file, expectCurrent)
  try {
    showStaged(database, reading.db)
    return reading
  } catch (error) {
    await reading[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Opens a database as it is, what is staged apart from its tables, also of an earlier version: to
 * copy it. Throws `StorageError` when it is none of ours.
 */
export async function openStored(file: string): Promise<JournalReading> {
  return (await opened(file, () => undefined)).reading
}

/** `expect` is given the names of the migrations that are missing. */
async function opened(file: string, expect: (file: string, missing: readonly string[]) => void) {
  expectDatabaseFile(file)
  const database = openReadOnly(file)
  const db = kyselyOver(database)
  const reading: JournalReading = {
    db,
    exec: (sql) => database.connection.exec(sql),
    all: (sql) => database.prepare(sql).all(),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
  try {
    expect(file, await missingMigrations(file, db))
    return { database, reading }
  } catch (error) {
    await reading[Symbol.asyncDispose]()
    throw error
  }
}

/** Throws `StorageError` when the schema is one that this version does not know. */
async function missingMigrations(file: string, db: Kysely<JournalTables>): Promise<string[]> {
  const tables = db as unknown as Kysely<{ kysely_migration: { name: string } }>
  const query = tables.selectFrom('kysely_migration').select('name')
  const rows = await query.execute().catch((cause: unknown) => {
    if (isMachineFailure(cause)) throw cause
    throw new StorageError(`${file} has no schema of Talus: ${failureText(cause)}`, { cause })
  })
  const names = new Set(rows.map(({ name }) => name))
  const known = Object.keys(MIGRATIONS)
  const missing = known.filter((name) => !names.has(name))
  const isNewer = [...names].some((name) => !known.includes(name))
  if (isNewer) throw new StorageError(`${file} was written by a newer version; use that one`)
  if (names.size > 0) return missing
  throw new StorageError(`${file} has no schema of Talus: it was never finished`)
}

function expectCurrent(file: string, missing: readonly string[]): void {
  if (missing.length === 0) return
  throw new StorageError(
    `${file} was written by an older version. Start the server on it once to bring it up to date.`,
  )
}
