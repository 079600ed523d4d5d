import type { Member, ProjectRecord, SessionRecord, ShareLinkRecord } from './journal.js'

/**
 * The tables of the journal. Columns ending in `ack`, `consumes` and `envelope` hold JSON text,
 * those named `digest` what `chain.ts` makes of the row.
 */
export type JournalTables = {
  sessions: SessionRecord & { created_by: string | null; digest: string }
  heads: HeadRow
  staged: { id: number; body: string; digest: string }
  segments: SegmentRow
  command_ids: CommandIdRow
  receipts: ReceiptRow
  /** Also parts of snapshots that are being written, or were never finished. */
  snapshots: { session_id: string; seq: number; part: number; body: string; digest: string }
  /** The snapshot that counts. */
  snapshot_heads: { session_id: string; seq: number }
  truncations: TruncationRow
  members: Member & { session_id: string }
  share_links: ShareLinkRecord
  projects: ProjectRecord & { digest: string }
  project_documents: { project_id: string; part: number; body: string; digest: string }
}

/**
 * Where a session's rows end, so that a lost end is noticed: the last entry, the digest of its
 * segment, the last receipt, and the last group of `staged` that is in the tables. What came later is
 * staged.
 */
export type HeadRow = {
  session_id: string
  last_seq: number
  digest: string
  last_ordinal: number
  staged_id: number
}

/** Entries of a session that follow one another, as `packSegment` writes them. */
export type SegmentRow = {
  session_id: string
  first_seq: number
  last_seq: number
  body: string
  digest: string
}

/** Every id that is taken in a session: by the entry `seq`, or by a receipt, which has none. */
export type CommandIdRow = { session_id: string; command_id: string; seq: number | null }

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

/**
 * The last entry of a session that was removed, and the digest that the first segment which is kept
 * builds upon, or `trimmedDigest` of what is left of it.
 */
export type TruncationRow = { session_id: string; seq: number; digest: string }
