import type { Kysely } from 'kysely'
import {
  entryRows,
  insertEntries,
  insertReceipts,
  receiptRow,
  selectHead,
  selectTaken,
} from './append-queries.js'
import { genesis } from './chain.js'
import type { AppendBatch, AppendOutcome } from './journal.js'
import { assertConsecutive, judge } from './rules.js'
import type { EntryRow, JournalTables, ReceiptRow } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { sqliteCode } from './sqlite-error.js'
import { inChunks } from './sqlite-prepared.js'
import { textOf } from './text-column.js'

type HeadRow = {
  last_seq: number | null
  last_digest: ArrayBuffer | null
  last_ordinal: number | null
}

/**
 * The server's hot path: Kysely's queries, compiled and prepared once. This process is the only
 * writer, so a batch is checked before it is written and no savepoint has to undo it.
 */
export function createAppend(database: SqliteDatabase, db: Kysely<JournalTables>) {
  const statements = prepareStatements(database, db)
  const appendAll = (batches: AppendBatch[], lookUp: LookUp) =>
    database.transaction(() => batches.map((batch) => appendBatch(statements, batch, lookUp)))

  return (batches: AppendBatch[]): AppendOutcome[] => {
    batches.forEach(assertConsecutive)
    try {
      return appendAll(batches, 'receipts')
    } catch (error) {
      if (!sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT')) throw error
      return appendAll(batches, 'all')
    }
  }
}

/**
 * Where to look for command ids that are taken. `receipts`: only where there are receipts, since
 * the unique index finds the others anyway; then all is done again with `all`, to find out whose.
 * Duplicates that get this far are rare; looking up every id costs 6 to 13 % of the time.
 */
type LookUp = 'receipts' | 'all'

type AppendStatements = ReturnType<typeof prepareStatements>

function prepareStatements(database: SqliteDatabase, db: Kysely<JournalTables>) {
  return {
    head: database.prepare(selectHead(db, '').compile().sql),
    taken: inChunks(database, (ids: string[]) => selectTaken(db, '', ids).compile()),
    entries: inChunks(database, (rows: EntryRow[]) => insertEntries(db, rows).compile()),
    receipts: inChunks(database, (rows: ReceiptRow[]) => insertReceipts(db, rows).compile()),
  }
}

function appendBatch(
  statements: AppendStatements,
  batch: AppendBatch,
  lookUp: LookUp,
): AppendOutcome {
  const { session_id, receipts } = batch
  const head = statements.head.get([session_id]) as HeadRow | undefined
  if (head === undefined) return judge(batch, undefined)
  const indexed = lookUp === 'receipts' && head.last_ordinal === null && receipts.length === 0
  const outcome = judge(batch, {
    last_seq: head.last_seq ?? 0,
    takenAmong: (ids) => (indexed ? [] : takenAmong(statements, session_id, ids)),
  })
  if (outcome.ok) insertBatch(statements, batch, head)
  return outcome
}

function insertBatch(statements: AppendStatements, batch: AppendBatch, head: HeadRow): void {
  const { session_id, commits, receipts } = batch
  const { last_digest } = head
  const previous = last_digest === null ? genesis(session_id) : textOf(last_digest)
  const rows = entryRows(session_id, commits, previous)
  for (const { statement, chunk } of statements.entries(rows)) {
    // The rows' keys are in the order of the compiled columns: both come from `entryRows`.
    statement.run(chunk.flatMap((row) => Object.values(row)))
  }
  const ordinal = (head.last_ordinal ?? 0) + 1
  const receiptRows = receipts.map((receipt, i) => receiptRow(session_id, ordinal + i, receipt))
  for (const { statement, chunk } of statements.receipts(receiptRows)) {
    statement.run(chunk.flatMap((row) => Object.values(row)))
  }
}

function takenAmong(
  statements: AppendStatements,
  session_id: string,
  command_ids: string[],
): string[] {
  const rows: { command_id: ArrayBuffer }[] = []
  for (const { statement, chunk } of statements.taken(command_ids)) {
    const found = statement.all([session_id, ...chunk, session_id, ...chunk])
    rows.push(...(found as typeof rows))
  }
  return rows.map(({ command_id }) => textOf(command_id))
}
