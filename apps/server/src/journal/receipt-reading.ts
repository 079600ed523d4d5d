import type { AckSuccess } from '@talus/protocol'
import type { Kysely } from 'kysely'
import { receiptDigest } from './chain.js'
import { reading } from './damage.js'
import { StorageError, type Receipt } from './journal.js'
import type { JournalTables, ReceiptRow } from './schema.js'

export const RECEIPT_COLUMNS = [
  'session_id',
  'command_id',
  'ordinal',
  'payload_hash',
  'after_seq',
  'ack',
  'consumes',
  'digest',
] as const

/** Receipts after the entry `from_seq`, or at it, in the order in which they were appended. */
export async function readReceipts(
  db: Kysely<JournalTables>,
  session_id: string,
  from_seq: number,
): Promise<Receipt[]> {
  const query = db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .where('after_seq', '>=', from_seq)
    .select(RECEIPT_COLUMNS)
    .orderBy('ordinal')
  const rows = await reading(session_id, from_seq, query.execute())
  return rows.map(toReceipt)
}

/** Throws `StorageError` when the row is not as it was written. */
export function toReceipt(row: ReceiptRow): Receipt {
  const { session_id, command_id, payload_hash, after_seq, ack, consumes } = row
  if (receiptDigest(row) !== row.digest) {
    throw new StorageError(
      `Session ${session_id}: the receipt of ${command_id} after seq ${after_seq} is damaged`,
    )
  }
  return {
    command_id,
    payload_hash,
    after_seq,
    ack: parseAck(ack),
    consumes: consumes === null ? null : (JSON.parse(consumes) as Receipt['consumes']),
  }
}

export function parseAck(json: string): AckSuccess {
  return JSON.parse(json) as AckSuccess
}
