import { sql, type Kysely } from 'kysely'
import { entryDigest, receiptDigest } from './chain.js'
import type { Commit, Receipt } from './journal.js'
import type { EntryRow, JournalTables, ReceiptRow } from './schema.js'
import { text } from './text-column.js'

/** Where a session stands: all are null before the first; no row if there is no such session. */
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
        .selectFrom('entries')
        .whereRef('entries.session_id', '=', 'sessions.session_id')
        .select(sql<string>`cast(entries.digest as blob)`.as('digest'))
        .orderBy('entries.seq', 'desc')
        .limit(sql.lit(1))
        .as('last_digest'),
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
      .select(text('command_id'))
  return takenIn('entries').unionAll(takenIn('receipts'))
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
  commits: readonly Commit[],
  previous: string,
): EntryRow[] {
  let digest = previous
  return commits.map(({ seq, command_id, payload_hash, body, ack }) => {
    const columns = { seq, command_id, payload_hash, body, ack: ack && JSON.stringify(ack) }
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
