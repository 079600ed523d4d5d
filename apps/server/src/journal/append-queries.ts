import type { Kysely } from 'kysely'
import type { Commit, Receipt } from './journal.js'
import type { EntryRow, JournalTables, ReceiptRow } from './schema.js'

/** Where a session stands: both are null before the first; no row if there is no such session. */
export function selectHead(db: Kysely<JournalTables>, session_id: string) {
  return db
    .selectFrom('sessions')
    .where('sessions.session_id', '=', session_id)
    .select((sessions) => [
      sessions
        .selectFrom('entries')
        .whereRef('entries.session_id', '=', 'sessions.session_id')
        .select(({ fn }) => fn.max('entries.seq').as('max'))
        .as('last_seq'),
      sessions
        .selectFrom('receipts')
        .whereRef('receipts.session_id', '=', 'sessions.session_id')
        .select(({ fn }) => fn.max('receipts.ordinal').as('max'))
        .as('last_ordinal'),
    ])
}

/** Which of these command ids the session has already, as an entry or as a receipt. */
export function selectTaken(
  db: Kysely<JournalTables>,
  session_id: string,
  command_ids: readonly string[],
) {
  const takenIn = (table: 'entries' | 'receipts') =>
    db
      .selectFrom(table)
      .where('session_id', '=', session_id)
      .where('command_id', 'in', command_ids)
      .select('command_id')
  return takenIn('entries').unionAll(takenIn('receipts'))
}

export function insertEntries(db: Kysely<JournalTables>, rows: readonly EntryRow[]) {
  return db.insertInto('entries').values(rows)
}

export function insertReceipts(db: Kysely<JournalTables>, rows: readonly ReceiptRow[]) {
  return db.insertInto('receipts').values(rows)
}

export function entryRow(session_id: string, commit: Commit): EntryRow {
  const { seq, command_id, payload_hash, body, ack } = commit
  return { session_id, seq, command_id, payload_hash, body, ack: ack && JSON.stringify(ack) }
}

export function receiptRow(session_id: string, ordinal: number, receipt: Receipt): ReceiptRow {
  const { command_id, payload_hash, after_seq, ack, consumes } = receipt
  return {
    session_id,
    command_id,
    ordinal,
    payload_hash,
    after_seq,
    ack: JSON.stringify(ack),
    consumes: consumes && JSON.stringify(consumes),
  }
}
