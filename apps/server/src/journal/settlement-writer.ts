import type { Kysely } from 'kysely'
import { insertEntries, insertReceipts, updateHead } from './append-queries.js'
import type { EntryRow, JournalTables, ReceiptRow } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { inChunks } from './sqlite-prepared.js'
import type { Settlement } from './staged-session.js'

export type WriteSettlement = (settlement: Settlement) => void

/** Writes a session's rows and its new end, by Kysely's queries, compiled and prepared once. */
export function settlementWriter(
  database: SqliteDatabase,
  db: Kysely<JournalTables>,
): WriteSettlement {
  const entries = inChunks(database, (rows: EntryRow[]) => insertEntries(db, rows).compile())
  const receipts = inChunks(database, (rows: ReceiptRow[]) => insertReceipts(db, rows).compile())
  return (settlement) => {
    for (const { statement, chunk } of entries(settlement.entries)) {
      // The rows' keys are in the order of the compiled columns: both come from `entryRows`.
      statement.run(chunk.flatMap((row) => Object.values(row)))
    }
    for (const { statement, chunk } of receipts(settlement.receipts)) {
      statement.run(chunk.flatMap((row) => Object.values(row)))
    }
    const { sql, parameters } = updateHead(db, settlement.head).compile()
    database.prepare(sql).run([...parameters])
  }
}
