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
    database.transaction(() => {
      const group: Group = { lookUp, heads: new Map(), entries: [], receipts: [] }
      const outcomes = batches.map((batch) => judgeBatch(statements, batch, group))
      insertGroup(statements, group)
      return outcomes
    })

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

/**
 * What one transaction writes. The rows of all sessions go in together: most sessions have one or
 * two, and a statement for each would cost more than the rows.
 */
type Group = {
  lookUp: LookUp
  /** Where the sessions stand, with what the group adds. */
  heads: Map<string, Head>
  entries: EntryRow[]
  receipts: ReceiptRow[]
}

type Head = { last_seq: number; previous: string; last_ordinal: number | null }

function headOf(statements: AppendStatements, session_id: string, group: Group) {
  const known = group.heads.get(session_id)
  if (known !== undefined) return known
  const row = statements.head.get([session_id]) as HeadRow | undefined
  if (row === undefined) return undefined
  const { last_seq, last_digest, last_ordinal } = row
  const previous = last_digest === null ? genesis(session_id) : textOf(last_digest)
  const head: Head = { last_seq: last_seq ?? 0, previous, last_ordinal }
  group.heads.set(session_id, head)
  return head
}

function judgeBatch(statements: AppendStatements, batch: AppendBatch, group: Group): AppendOutcome {
  const { session_id, receipts } = batch
  // A session that comes twice is to find the ids of its first batch.
  if (group.heads.has(session_id)) insertGroup(statements, group)
  const head = headOf(statements, session_id, group)
  if (head === undefined) return judge(batch, undefined)
  const { last_seq, last_ordinal } = head
  const indexed = group.lookUp === 'receipts' && last_ordinal === null && receipts.length === 0
  const outcome = judge(batch, {
    last_seq,
    takenAmong: (ids) => (indexed ? [] : takenAmong(statements, session_id, ids)),
  })
  if (outcome.ok) addBatch(batch, head, group)
  return outcome
}

function addBatch({ session_id, commits, receipts }: AppendBatch, head: Head, group: Group): void {
  for (const row of entryRows(session_id, commits, head.previous)) {
    group.entries.push(row)
    head.last_seq = row.seq
    head.previous = row.digest
  }
  for (const receipt of receipts) {
    const ordinal = (head.last_ordinal ?? 0) + 1
    group.receipts.push(receiptRow(session_id, ordinal, receipt))
    head.last_ordinal = ordinal
  }
}

function insertGroup(statements: AppendStatements, group: Group): void {
  const { entries, receipts } = group
  group.entries = []
  group.receipts = []
  for (const { statement, chunk } of statements.entries(entries)) {
    // The rows' keys are in the order of the compiled columns: both come from `entryRows`.
    statement.run(chunk.flatMap((row) => Object.values(row)))
  }
  for (const { statement, chunk } of statements.receipts(receipts)) {
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
