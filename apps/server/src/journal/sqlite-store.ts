import type { Journal } from './journal.js'
import { migrate } from './migrations.js'
import { journalQueries } from './queries.js'
import { createAppend } from './sqlite-append.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { kyselyOver } from './sqlite-dialect.js'

/**
 * The journal in a SQLite database, on the calling thread: it blocks while the disk works. Calls
 * must not overlap, since all share one connection. Errors are those of SQLite.
 */
export async function createSqliteStore(database: SqliteDatabase): Promise<Journal> {
  const db = kyselyOver(database)
  await migrate(db)
  const append = createAppend(database, db)
  return {
    ...journalQueries(db),
    async append(batches) {
      return append(batches)
    },
    async ping() {
      database.prepare('select 1').all()
    },
    async close() {
      database.close()
    },
  }
}
