import { hash } from 'node:crypto'
import type { ProjectRecord, SessionRecord } from './journal.js'
import type { PackedCommit } from './packed-group.js'
import type { ReceiptRow } from './schema.js'

/**
 * Digests over what the journal holds. A segment's is made of the one before and of its own text:
 * whatever of a history is changed, missing or out of place shows in the first segment that it
 * touches. SHA-1 finds damage, it is no signature.
 */
function digest(fields: readonly (string | number | null)[]): string {
  // Only the text of a group or segment has line breaks: ids cannot, and in JSON they are escaped.
  return hash('sha1', fields.map((field) => field ?? '').join('\n'), 'base64url')
}

/** What the first segment of a session builds upon. */
export function genesis(session_id: string): string {
  return digest(['session', session_id])
}

/** The digest of a segment, made of the one before. */
export function segmentDigest(previous: string, body: string): string {
  return digest([previous, body])
}

const TRIMMED = 'trimmed '

/**
 * In place of the digest before the first segment that is kept, when some of its entries were
 * removed: it proves the rest of its text, and the segment keeps the digest that the next one builds
 * upon.
 */
export function trimmedDigest(body: string): string {
  return `${TRIMMED}${digest(['trimmed', body])}`
}

export function isTrimmed(previous: string): boolean {
  return previous.startsWith(TRIMMED)
}

/** The digest that each entry had when it was a row of its own. */
export function entryDigest(previous: string, entry: PackedCommit): string {
  const { seq, command_id, payload_hash, body, ack } = entry
  return digest([previous, seq, command_id, payload_hash, body, ack])
}

/** The digest of a group of commands that waits to be put in its tables. */
export function stagedDigest(id: number, group: string): string {
  return digest(['staged', id, group])
}

export function receiptDigest(receipt: Omit<ReceiptRow, 'digest'>): string {
  const { session_id, command_id, ordinal, payload_hash, after_seq, ack, consumes } = receipt
  return digest([session_id, command_id, ordinal, payload_hash, after_seq, ack, consumes])
}

/** The digest of what a session is: it keeps it, but for the project that it belongs to. */
export function recordDigest(session: Omit<SessionRecord, 'project_id'>): string {
  const { session_id, epoch, template_id, created_at } = session
  return digest(['record', session_id, epoch, template_id, created_at])
}

/** The digest of a project whose saved document has so many parts. */
export function projectDigest(project: ProjectRecord, parts: number): string {
  const { project_id, project_name, template_id, session_id, created_at, envelope } = project
  const { saved_at, saved_seq } = project
  const names = [project_id, project_name, template_id, session_id, created_at]
  return digest(['project', JSON.stringify(names), envelope, saved_at, saved_seq, parts])
}

type DocumentPart = { saved_seq: number | null; part: number; body: string }

/** The digest of a part of a saved document, bound to its save and its place. */
export function documentDigest(project_id: string, { saved_seq, part, body }: DocumentPart) {
  return digest(['document', project_id, saved_seq, part, body])
}

type SnapshotPart = { session_id: string; seq: number; body: string; isLast: boolean }

/** The digest of a part of a snapshot, made of the one before; the first part has none before. */
export function snapshotDigest(previous: string | null, part: SnapshotPart): string {
  const { session_id, seq, body, isLast } = part
  const before = previous ?? digest(['snapshot', session_id, seq])
  return digest([before, isLast ? 'last' : 'more', body])
}

/** The digests of all parts of a snapshot. */
export function snapshotDigests(session_id: string, seq: number, parts: readonly string[]) {
  let previous: string | null = null
  return parts.map((body, part) => {
    const isLast = part === parts.length - 1
    previous = snapshotDigest(previous, { session_id, seq, body, isLast })
    return previous
  })
}
