import type { AckSuccess } from '@talus/protocol'
import type { Kysely } from 'kysely'
import type { Journal, Receipt, StoredCommand } from './journal.js'
import type { JournalTables, ReceiptRow } from './schema.js'

export type HistoryQueries = Pick<Journal, 'loadSession' | 'entriesAfter' | 'findCommand'>

export function historyQueries(db: Kysely<JournalTables>): HistoryQueries {
  return {
    async loadSession(session_id) {
      // One view of the database, so that the entries begin where the snapshot ends.
      return await db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((transaction) => loadSession(transaction, session_id))
    },

    async entriesAfter(session_id, after_seq, limit) {
      const rows = await selectBodies(db, session_id, after_seq).limit(limit).execute()
      return rows.map(({ body }) => body)
    },

    async findCommand(session_id, command_id) {
      const entry = await findEntry(db, session_id, command_id)
      return entry ?? (await findReceipt(db, session_id, command_id))
    },
  }
}

async function loadSession(db: Kysely<JournalTables>, session_id: string) {
  const record = await db
    .selectFrom('sessions')
    .where('session_id', '=', session_id)
    .selectAll()
    .executeTakeFirst()
  if (record === undefined) return undefined

  const parts = await db
    .selectFrom('snapshots')
    .where('session_id', '=', session_id)
    .select(['seq', 'body'])
    .orderBy('part')
    .execute()
  const seq = parts[0]?.seq
  const entries = await selectBodies(db, session_id, seq ?? 0).execute()
  const receipts = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .where('after_seq', '>=', seq ?? 0)
    .selectAll()
    .orderBy('ordinal')
    .execute()
  return {
    record,
    snapshot: seq === undefined ? null : { seq, parts: parts.map(({ body }) => body) },
    entries: entries.map(({ body }) => body),
    receipts: receipts.map(toReceipt),
  }
}

function selectBodies(db: Kysely<JournalTables>, session_id: string, after_seq: number) {
  return db
    .selectFrom('entries')
    .where('session_id', '=', session_id)
    .where('seq', '>', after_seq)
    .select('body')
    .orderBy('seq')
}

async function findEntry(
  db: Kysely<JournalTables>,
  session_id: string,
  command_id: string,
): Promise<StoredCommand | undefined> {
  const row = await db
    .selectFrom('entries')
    .where('session_id', '=', session_id)
    .where('command_id', '=', command_id)
    .select(['command_id', 'payload_hash', 'seq', 'body', 'ack'])
    .executeTakeFirst()
  return row && { ...row, ack: row.ack === null ? null : parseAck(row.ack) }
}

async function findReceipt(
  db: Kysely<JournalTables>,
  session_id: string,
  command_id: string,
): Promise<StoredCommand | undefined> {
  const row = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .where('command_id', '=', command_id)
    .select(['command_id', 'payload_hash', 'ack'])
    .executeTakeFirst()
  return row && { ...row, seq: null, body: null, ack: parseAck(row.ack) }
}

function toReceipt({ command_id, payload_hash, after_seq, ack, consumes }: ReceiptRow): Receipt {
  return {
    command_id,
    payload_hash,
    after_seq,
    ack: parseAck(ack),
    consumes: consumes === null ? null : (JSON.parse(consumes) as Receipt['consumes']),
  }
}

function parseAck(json: string): AckSuccess {
  return JSON.parse(json) as AckSuccess
}
