import { sql, type Kysely } from 'kysely'
import { receiptDigest, segmentDigest } from './chain.js'
import type { Receipt } from './journal.js'
import { packSegment, type PackedCommit } from './packed-group.js'
import type { CommandIdRow, HeadRow, JournalTables, ReceiptRow, SegmentRow } from './schema.js'

/** Where a session's rows end; no row if there is no such session. */
export function selectHead(db: Kysely<JournalTables>, session_id: string) {
  return db
    .selectFrom('heads')
    .where('session_id', '=', session_id)
    .select(['last_seq', 'digest', 'last_ordinal', 'staged_id'])
}

/** Moves the end of a session's rows. */
export function updateHead(db: Kysely<JournalTables>, { session_id, ...head }: HeadRow) {
  return db.updateTable('heads').set(head).where('session_id', '=', session_id)
}

export function insertSegment(db: Kysely<JournalTables>, row: SegmentRow) {
  return db.insertInto('segments').values(row)
}

/** Takes ids, given as a JSON array: those of entries that begin at `first_seq`, or of receipts. */
export function insertIds(
  db: Kysely<JournalTables>,
  session_id: string,
  first_seq: number | null,
  command_ids: string,
) {
  return db
    .insertInto('command_ids')
    .columns(['session_id', 'command_id', 'seq'])
    .expression(
      sql<CommandIdRow>`select ${session_id}, value, ${first_seq} + key from json_each(${command_ids})`,
    )
}

export function insertReceipts(db: Kysely<JournalTables>, rows: readonly ReceiptRow[]) {
  return db.insertInto('receipts').values(rows)
}

/** The row of commits that follow the segment with the digest `previous`; of none, none. */
export function segmentRow(
  session_id: string,
  commits: PackedCommit[],
  previous: string,
): SegmentRow | null {
  const [first] = commits
  if (first === undefined) return null
  const first_seq = first.seq
  const last_seq = first_seq + commits.length - 1
  const body = packSegment(session_id, commits)
  return { session_id, first_seq, last_seq, body, digest: segmentDigest(previous, body) }
}

export function receiptRow(session_id: string, ordinal: number, receipt: Receipt): ReceiptRow {
  const { command_id, payload_hash, after_seq, ack, consumes } = receipt
  const columns = {
    session_id,
    command_id,
    ordinal,
    payload_hash,
    after_seq,
    ack: JSON.stringify(ack),
    consumes: consumes && JSON.stringify(consumes),
  }
  return { ...columns, digest: receiptDigest(columns) }
}
