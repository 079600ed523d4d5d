import { hash } from 'node:crypto'
import type { Member, ProjectRecord, SessionRecord, ShareLinkRecord } from '../journal.js'
import type { LogRow } from './schema.js'

/**
 * Digests over what the journal holds. An entry's is made of the one before and of itself: whatever
 * of a history is changed, missing or out of place shows in the first entry that it touches. SHA-1
 * finds damage, it is no signature.
 */
function digest(fields: readonly (string | number | null)[]): string {
  // Only the last field may have line breaks: ids cannot, and in JSON they are escaped.
  return hash('sha1', fields.map((field) => field ?? '').join('\n'), 'base64url')
}

/** What the first entry of a session builds upon. */
export function genesis(session_id: string): string {
  return digest(['session', session_id])
}

type Entry = Pick<LogRow, 'seq' | 'command_id' | 'payload_hash' | 'ack' | 'text_digest' | 'body'>

/** The digest of an entry, made of the one before. */
export function entryDigest(previous: string, entry: Entry): string {
  const { seq, command_id, payload_hash, ack, text_digest, body } = entry
  const text = text_digest ?? body ?? ''
  return hash(
    'sha1',
    `${previous}\n${seq}\n${command_id}\n${payload_hash}\n${ack ?? ''}\n${text}`,
    'base64url',
  )
}

/** The digest of a receipt, or of what is left of an entry that was removed. */
export function receiptDigest(row: Omit<LogRow, 'digest'>): string {
  const { id, session, seq, after_seq, command_id, payload_hash, ack, consumes } = row
  return digest([session, id, seq, after_seq, command_id, payload_hash, ack, consumes])
}

/** The digest of a part of a long text, made of the one before. */
export function partDigest(previous: string, body: string): string {
  return digest([previous, body])
}

/** What the first part of a long text builds upon. `about`: what it is the text of. */
export function textBegin(text: number, about: string): string {
  return digest(['text', text, about])
}

/** The digest of what a session is: it keeps it, but for the project that it belongs to. */
export function recordDigest(session: Omit<SessionRecord, 'project_id'>): string {
  const { session_id, epoch, template_id, created_at } = session
  return digest(['record', session_id, epoch, template_id, created_at])
}

/** The digest of a role: whose it is, in which session, and where it is from. */
export function memberDigest(session_id: string, member: Member): string {
  const { actor_id, name, role, added_at, added_by } = member
  const fields = [session_id, actor_id, name, role, added_at, added_by]
  return digest(['member', JSON.stringify(fields)])
}

/** The digest of a share link: which token gives which role, where, and until when. */
export function linkDigest(link: ShareLinkRecord): string {
  const { link_id, session_id, token_hash, role, expires_at, created_at, created_by } = link
  const fields = [link_id, session_id, token_hash, role, expires_at, created_at, created_by]
  return digest(['link', JSON.stringify(fields)])
}

/** The digest of a project, and of the document that was saved of it. */
export function projectDigest(project: ProjectRecord, document_digest: string | null): string {
  const { project_id, project_name, template_id, session_id, created_at, envelope } = project
  const { saved_at, saved_seq } = project
  const names = [project_id, project_name, template_id, session_id, created_at]
  const saved = [saved_at, saved_seq, document_digest]
  return digest(['project', JSON.stringify(names), envelope, JSON.stringify(saved)])
}
