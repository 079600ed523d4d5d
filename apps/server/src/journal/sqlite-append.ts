import type { Kysely } from 'kysely'
import {
  entryRow,
  insertEntries,
  insertReceipts,
  receiptRow,
  selectHead,
  selectTaken,
} from './append-queries.js'
import type { AppendBatch, AppendOutcome } from './journal.js'
import { assertConsecutive, judge } from './rules.js'
import type { EntryRow, JournalTables, ReceiptRow } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { inChunks } from './sqlite-prepared.js'

type HeadRow = { last_seq: number | null; last_ordinal: number | null }

/**
 * The server's hot path: Kysely's queries, compiled and prepared once. This process is the only
 * writer, so a batch is checked before it is written and no savepoint has to undo it.
 */
export function createAppend(database: SqliteDatabase, db: Kysely<JournalTables>) {
  const statements = prepareStatements(database, db)
  return (batches: AppendBatch[]): AppendOutcome[] => {
    batches.forEach(assertConsecutive)
    database.begin()
    try {
      const outcomes = batches.map((batch) => appendBatch(statements, batch))
      database.connection.exec('commit')
      return outcomes
    } catch (error) {
      database.rollback()
      throw error
    }
  }
}

type AppendStatements = ReturnType<typeof prepareStatements>

function prepareStatements(database: SqliteDatabase, db: Kysely<JournalTables>) {
  return {
    head: database.prepare(selectHead(db, '').compile().sql),
    taken: inChunks(database, (ids: string[]) => selectTaken(db, '', ids).compile()),
    entries: inChunks(database, (rows: EntryRow[]) => insertEntries(db, rows).compile()),
    receipts: inChunks(database, (rows: ReceiptRow[]) => insertReceipts(db, rows).compile()),
  }
}

function appendBatch(statements: AppendStatements, batch: AppendBatch): AppendOutcome {
  const { session_id, commits, receipts } = batch
  const [head] = statements.head.all([session_id]) as HeadRow[]
  const outcome = judge(
    batch,
    head && {
      last_seq: head.last_seq ?? 0,
      takenAmong: (command_ids) => takenAmong(statements, session_id, command_ids),
    },
  )
  if (head === undefined || !outcome.ok) return outcome

  const entryRows = commits.map((commit) => entryRow(session_id, commit))
  for (const { statement, chunk } of statements.entries(entryRows)) {
    // The rows' keys are in the order of the compiled columns: both come from `entryRow`.
    statement.run(chunk.flatMap((row) => Object.values(row)))
  }
  const ordinal = (head.last_ordinal ?? 0) + 1
  const receiptRows = receipts.map((receipt, i) => receiptRow(session_id, ordinal + i, receipt))
  for (const { statement, chunk } of statements.receipts(receiptRows)) {
    statement.run(chunk.flatMap((row) => Object.values(row)))
  }
  return outcome
}

function takenAmong(
  statements: AppendStatements,
  session_id: string,
  command_ids: string[],
): string[] {
  const rows: { command_id: string }[] = []
  for (const { statement, chunk } of statements.taken(command_ids)) {
    const found = statement.all([session_id, ...chunk, session_id, ...chunk])
    rows.push(...(found as typeof rows))
  }
  return rows.map(({ command_id }) => command_id)
}
