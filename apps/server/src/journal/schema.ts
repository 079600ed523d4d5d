import type { ProjectRecord, SessionRecord } from './journal.js'

/**
 * The tables of the journal. Columns ending in `ack`, `consumes` and `envelope` hold JSON text,
 * those named `digest` what `chain.ts` makes of the row.
 */
export type JournalTables = {
  sessions: SessionRecord
  entries: EntryRow
  receipts: ReceiptRow
  snapshots: { session_id: string; seq: number; part: number; body: string; digest: string }
  truncations: TruncationRow
  projects: ProjectRecord
  project_documents: { project_id: string; part: number; body: string }
}

export type EntryRow = {
  session_id: string
  seq: number
  command_id: string
  payload_hash: string
  body: string
  ack: string | null
  digest: string
}

/** `ordinal` counts the receipts of a session from 1: they take no `seq`, yet have an order. */
export type ReceiptRow = {
  session_id: string
  command_id: string
  ordinal: number
  payload_hash: string
  after_seq: number
  ack: string
  consumes: string | null
  digest: string
}

/** The last entry of a session that was removed: the first that is kept builds upon it. */
export type TruncationRow = { session_id: string; seq: number; digest: string }
