import type { Kysely } from 'kysely'
import { insertIds, insertReceipts, insertSegment, updateHead } from './append-queries.js'
import { receiptExpiry } from './receipt-expiry.js'
import type { HeadRow, JournalTables, ReceiptRow, SegmentRow } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { inChunks } from './sqlite-prepared.js'
import type { Settlement } from './staged-session.js'

export type WriteSettlement = (settlement: Settlement) => void

const HEAD: HeadRow = { session_id: '', last_seq: 0, digest: '', last_ordinal: 0, staged_id: 0 }
const SEGMENT: SegmentRow = { session_id: '', first_seq: 0, last_seq: 0, body: '', digest: '' }

/** Writes a session's rows and its new end, by Kysely's queries, compiled and prepared once. */
export function settlementWriter(
  database: SqliteDatabase,
  db: Kysely<JournalTables>,
): WriteSettlement {
  const segments = database.prepare(insertSegment(db, SEGMENT).compile().sql)
  const ids = database.prepare(insertIds(db, '', 0, '').compile().sql)
  const heads = database.prepare(updateHead(db, HEAD).compile().sql)
  const expire = receiptExpiry(database)
  const receipts = inChunks(database, (rows: ReceiptRow[]) => insertReceipts(db, rows).compile())

  const takeIds = (session_id: string, first_seq: number | null, of: { command_id: string }[]) => {
    const command_ids = of.map(({ command_id }) => command_id)
    ids.run(session_id, first_seq, JSON.stringify(command_ids))
  }
  return ({ segment, commits, receipts: added, head }) => {
    const { session_id } = head
    if (segment) {
      const { first_seq, last_seq, body, digest } = segment
      segments.run(session_id, first_seq, last_seq, body, digest)
      takeIds(session_id, first_seq, commits)
    }
    if (added.length > 0) takeIds(session_id, null, added)
    for (const { statement, chunk } of receipts(added)) {
      // The rows' keys are in the order of the compiled columns: both come from `receiptRow`.
      statement.run(...chunk.flatMap((row) => Object.values(row)))
    }
    const { last_seq, digest, last_ordinal, staged_id } = head
    const before = last_ordinal - added.length
    if (added.length > 0) expire(session_id, { before, now: last_ordinal })
    heads.run(last_seq, digest, last_ordinal, staged_id, session_id)
  }
}
