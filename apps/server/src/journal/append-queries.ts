import type { Kysely } from 'kysely'
import { entryDigest, receiptDigest } from './chain.js'
import type { Receipt } from './journal.js'
import type { PackedCommit } from './packed-group.js'
import type { EntryRow, HeadRow, JournalTables, ReceiptRow } from './schema.js'
import { text } from './text-column.js'

/** Where a session's rows end; no row if there is no such session. */
export function selectHead(db: Kysely<JournalTables>, session_id: string) {
  return db
    .selectFrom('heads')
    .where('session_id', '=', session_id)
    .select(['last_seq', text('digest'), 'last_ordinal', 'staged_id'])
}

/** Moves the end of a session's rows. */
export function updateHead(db: Kysely<JournalTables>, { session_id, ...head }: HeadRow) {
  return db.updateTable('heads').set(head).where('session_id', '=', session_id)
}

export function insertEntries(db: Kysely<JournalTables>, rows: readonly EntryRow[]) {
  return db.insertInto('entries').values(rows)
}

export function insertReceipts(db: Kysely<JournalTables>, rows: readonly ReceiptRow[]) {
  return db.insertInto('receipts').values(rows)
}

/** The rows of commits that follow the entry with the digest `previous`. */
export function entryRows(
  session_id: string,
  commits: readonly PackedCommit[],
  previous: string,
): EntryRow[] {
  let digest = previous
  return commits.map(({ seq, command_id, payload_hash, body, ack }) => {
    const columns = { seq, command_id, payload_hash, body, ack }
    digest = entryDigest(digest, columns)
    return { session_id, ...columns, digest }
  })
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
