import type { AckSuccess, Entry, Member, Role } from '@talus/protocol'
import { type EntryText, wholeText } from './entry-text.js'

export { DamagedError, StorageError } from '../storage-error.js'
export type { Member }

/** What the journal knows of a session beside its history. */
export type SessionRecord = {
  session_id: string
  epoch: string
  template_id: string | null
  project_id: string | null
  created_at: string
}

/**
 * A session in a list, with the seq of its last entry. `damaged`: its record or the end of its history
 * is not as it was written. The rest of the history is looked at when the session is opened.
 */
export type ListedSession = SessionRecord & { seq: number; damaged?: true }

/** One command to make durable. `body` is its `Entry` as JSON. */
export type Commit = {
  seq: number
  command_id: string
  /** Digest of the payload: tells a retry from another command under the same id. */
  payload_hash: string
  body: EntryText
  /** The acknowledgement, where it says more than the entry does (undo and redo). */
  ack: AckSuccess | null
}

/**
 * A command that was accepted and changed nothing: it takes no `seq`, yet must not run again.
 * `after_seq` is the last entry before it. An undo step that came to nothing is consumed by it.
 */
export type Receipt = {
  command_id: string
  payload_hash: string
  after_seq: number
  ack: AckSuccess
  consumes: Consumed | null
}

/** A step that is on its stack no longer, as its undo or redo came to nothing (rule UNDO3). */
export type Consumed = { kind: 'undo' | 'redo'; actor_id: string; target_command_id: string }

/** What one session wants appended. The first commit must have seq `base_seq + 1`. */
export type AppendBatch = {
  session_id: string
  base_seq: number
  commits: Commit[]
  receipts: Receipt[]
}

/** `conflict`: the journal is not at `base_seq`. `duplicate`: these command ids are taken. */
export type AppendOutcome =
  | { ok: true }
  | { ok: false; reason: 'conflict' | 'unknown-session' }
  | { ok: false; reason: 'duplicate'; command_ids: string[] }

/** A command that the journal holds, as an entry or as a receipt. */
export type StoredCommand = {
  command_id: string
  payload_hash: string
  seq: number | null
  /**
   * The `Entry` as JSON; null for a receipt, and for an entry that was removed. Undefined: it is long,
   * and whoever needs it reads it by its seq.
   */
  body: string | null | undefined
  ack: AckSuccess | null
}

/** Which of a session's oldest entries may go: those below a seq, and of a time before another. */
export type Truncation = {
  /** At most the seq of the last entry: one is always kept. */
  before_seq: number
  /** ISO 8601; entries of this time and later stay. Absent: only `before_seq` counts. */
  before_time?: string
  /** How many may go at once, so that others have their turn. */
  limit: number
}

/** All that is needed to open a session: the newest snapshot and what came after it. */
export type StoredSession = {
  record: SessionRecord
  snapshot: { seq: number; parts: string[] } | null
  /** Bodies of the entries after the snapshot, in order. */
  entries: EntryText[]
  /** Receipts after the snapshot, in the order in which they were appended. */
  receipts: Receipt[]
  /** What is wrong with the newest snapshot: it was left aside, and the entries are all there is. */
  damage?: string
}

export type ProjectRecord = {
  project_id: string
  project_name: string
  template_id: string | null
  session_id: string
  created_at: string
  saved_at: string | null
  saved_seq: number | null
  /** The file's keys beside its nodes, as JSON, so that an export equals its import. */
  envelope: string
}

/** A project without what only exports need. */
export type ProjectListing = Omit<ProjectRecord, 'envelope'>

/**
 * Which page of a list, oldest first: at most `limit`, after the one with `after`. `of`: what
 * belongs to the sessions in which somebody is a member, and to some more; absent: everything.
 */
export type ListPage = {
  limit: number
  after?: { created_at: string; id: string } | undefined
  of?: { actor_id: string; session_ids: readonly string[] } | undefined
}

/** A link that gives a role in a session to whoever holds its token. */
export type ShareLinkRecord = {
  link_id: string
  session_id: string
  /** SHA-256 of the token, in hex: whoever reads the database can use no link. */
  token_hash: string
  role: Role
  /** ISO 8601; null: until it is revoked. */
  expires_at: string | null
  created_at: string
  created_by: string
}

/**
 * `staged`: durable entries and receipts that are not in the indexes yet. `bytes`: the size of the
 * database file.
 */
export type JournalSize = { staged: number; bytes: number }

/**
 * Durable storage of sessions, their entries and projects. Every method rejects with
 * `StorageError` when the storage fails; a resolved write is durable.
 */
export interface Journal {
  /**
   * With its first member and creator, if it has one: both are there or neither is. `reserved`:
   * another project is bound to this id, and would belong to that member (rule AUTH8). One
   * transaction decides.
   */
  createSession(record: SessionRecord, owner?: Member): Promise<'created' | 'exists' | 'reserved'>
  /** What is known of a session without its history, with the seq of the last entry. */
  findSession(session_id: string): Promise<(SessionRecord & { seq: number }) | undefined>
  loadSession(session_id: string): Promise<StoredSession | undefined>
  /** Oldest first. Without a page: all. */
  listSessions(page?: ListPage): Promise<ListedSession[]>
  /** How many of the sessions that are there somebody has created. */
  countCreated(actor_id: string): Promise<number>
  /** With its history, members and share links, in one transaction. */
  deleteSession(session_id: string): Promise<boolean>

  /**
   * Appends all batches in one transaction. Each batch stands or falls alone: one that conflicts
   * leaves nothing behind and does not disturb the others. One outcome per batch, in order.
   */
  append(batches: AppendBatch[]): Promise<AppendOutcome[]>
  /**
   * Bodies of the entries with the `limit` seqs after `after_seq`, in order: fewer where the history
   * ends, or where the oldest were removed. Whoever needs all of them compares `after_seq + 1` with
   * `firstSeq` and answers HISTORY_TRUNCATED. With `maxChars` they end as soon as they have so many
   * characters together. Rejects at the first that is damaged or missing.
   */
  entriesAfter(
    session_id: string,
    after_seq: number,
    limit: number,
    maxChars?: number,
  ): Promise<EntryText[]>
  /**
   * The first seq whose entry is kept, or will be: 1 until `truncate` has removed some. State
   * before it can only be told by taking back what came later.
   */
  firstSeq(session_id: string): Promise<number>
  findCommand(session_id: string, command_id: string): Promise<StoredCommand | undefined>
  /**
   * Replaces older snapshots of the session. Parts, at least one, are kept in order; they are asked
   * for one by one, and commands are appended in between. Does nothing when there is a snapshot at
   * `seq` already, or a newer one, or no such session.
   */
  writeSnapshot(
    session_id: string,
    seq: number,
    parts: Iterable<string> | AsyncIterable<string>,
  ): Promise<void>
  /**
   * Removes the oldest entries that a snapshot covers, as far as the truncation allows; their
   * command ids stay known, with their acknowledgements. Gives how many went.
   */
  truncate(session_id: string, truncation: Truncation): Promise<number>
  /**
   * Overwrites a part of what removed content has left in the storage, as far as that is in its
   * hands. True: there is more.
   */
  eraseRemoved(): Promise<boolean>

  /** Who has a role in the session, oldest first. */
  members(session_id: string): Promise<Member[]>
  /** Adds a member, or changes the role of one. False: there is no such session. */
  putMember(session_id: string, member: Member): Promise<boolean>
  deleteMember(session_id: string, actor_id: string): Promise<boolean>
  /** Where somebody is a member. */
  sessionsOf(actor_id: string): Promise<{ session_id: string; role: Role }[]>
  /** False: there is no such session. */
  createShareLink(link: ShareLinkRecord): Promise<boolean>
  /** Oldest first. */
  shareLinks(session_id: string): Promise<ShareLinkRecord[]>
  deleteShareLink(session_id: string, link_id: string): Promise<boolean>
  findShareLink(token_hash: string): Promise<ShareLinkRecord | undefined>

  /** Also points the session at the project. */
  createProject(project: ProjectRecord): Promise<void>
  getProject(project_id: string): Promise<ProjectRecord | undefined>
  /** What lists say of a project. */
  findProject(project_id: string): Promise<ProjectListing | undefined>
  /** Oldest first. Without a page: all. */
  listProjects(page?: ListPage): Promise<ProjectListing[]>
  /** Replaces the saved document (in parts) and moves `saved_at` and `saved_seq`. False: no such project. */
  saveProject(
    project_id: string,
    saved: { saved_at: string; saved_seq: number; document: string[] },
  ): Promise<boolean>
  /** The parts of the last save; undefined when it was never saved. */
  savedDocument(project_id: string): Promise<string[] | undefined>
  deleteProject(project_id: string): Promise<boolean>

  /** What it takes up, for those who watch over it. */
  size(): Promise<JournalSize>
  /** Resolves when the storage answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** What is asked of members and share links. */
export type MemberQueries = Pick<
  Journal,
  | 'members'
  | 'putMember'
  | 'deleteMember'
  | 'sessionsOf'
  | 'createShareLink'
  | 'shareLinks'
  | 'deleteShareLink'
  | 'findShareLink'
>

/** Where a session is: `epoch` tells it from a later one of the same id. */
export type Head = { session_id: string; epoch: string; seq: number }

/** Sessions whose members or share links have changed, or that are new, in the order of that. */
export type AccessMark = { session_id: string; mark: number }

/** A journal that several servers write to: each has to ask what the others have done. */
export interface SharedJournal extends Journal {
  /** Names the storage: servers of the same one belong together. */
  readonly store_id: string
  /** Where these sessions are; those that are not there are missing. */
  heads(session_ids: readonly string[]): Promise<Head[]>
  /** What has changed after a mark, and perhaps something before it; without one: the last change. */
  accessAfter(mark?: number): Promise<AccessMark[]>
  /** What was consumed while the session was at this seq, or after it; in order. */
  consumedFrom(session_id: string, seq: number): Promise<Consumed[]>
  /** Works while no other server does so for the same session, or other key. */
  exclusively<T>(key: string, work: () => Promise<T>): Promise<T>
}

// What every implementation of the journal refuses, so that they refuse alike.

/** Throws when the seqs do not follow `base_seq` one by one: a bug of the caller, not a conflict. */
export function assertConsecutive({ session_id, base_seq, commits }: AppendBatch): void {
  let expected = base_seq
  for (const { seq } of commits) {
    expected += 1
    if (seq !== expected) {
      throw new RangeError(`Session ${session_id}: commit has seq ${seq} instead of ${expected}`)
    }
  }
}

/** What the journal holds of the batch's session; `undefined` stands for no such session. */
export type SessionHead = { last_seq: number; takenAmong: (command_ids: string[]) => string[] }

type Named = { command_id: string }

/** What of a batch counts when it is judged. */
type Judged = Pick<AppendBatch, 'base_seq'> & { commits: Named[]; receipts: Named[] }

/**
 * Whether the batch may be appended. A conflict is told before duplicates: who is behind the
 * journal has to catch up first, and may find its own command there.
 */
export function judge(batch: Judged, head: SessionHead | undefined): AppendOutcome {
  if (head === undefined) return { ok: false, reason: 'unknown-session' }
  if (head.last_seq !== batch.base_seq) return { ok: false, reason: 'conflict' }
  const command_ids = commandIds(batch)
  const taken = new Set([...head.takenAmong(command_ids), ...repeated(command_ids)])
  if (taken.size === 0) return { ok: true }
  return { ok: false, reason: 'duplicate', command_ids: [...taken] }
}

function commandIds({ commits, receipts }: Judged): string[] {
  return [...commits, ...receipts].map(({ command_id }) => command_id)
}

function repeated(command_ids: string[]): string[] {
  const seen = new Set<string>()
  return command_ids.filter((id) => seen.has(id) || !seen.add(id))
}

/** A snapshot without parts could not be told from none. */
export function noParts(): RangeError {
  return new RangeError('A snapshot has at least one part')
}

/** Throws when a snapshot is of a state that is not durable. */
export function assertSnapshotSeq(seq: number, last_seq: number): void {
  if (seq > last_seq)
    throw new RangeError(`Snapshot at seq ${seq}, the journal ends at ${last_seq}`)
}

type Allowed = Omit<Truncation, 'limit'> & { last_seq: number; snapshot_seq: number }

/** Whether an entry may be removed: never the last one, nor one that no snapshot covers. */
export function mayGo({ seq, body }: Pick<Commit, 'seq' | 'body'>, allowed: Allowed): boolean {
  const { before_seq, before_time, last_seq, snapshot_seq } = allowed
  if (seq >= before_seq || seq >= last_seq || seq > snapshot_seq) return false
  return before_time === undefined || (JSON.parse(wholeText(body)) as Entry).timestamp < before_time
}

/** Commands of a session that changed nothing and are remembered at least (rule IDEM6). */
export const REMEMBERED_RECEIPTS = 10_000

/** Whether a receipt may be forgotten: nothing but a retry of its command would ask for it. */
export function isForgettable({ consumes }: Receipt): boolean {
  return consumes === null
}

/** What answers a retry of a command whose entry was removed. */
export function removedAck({ seq, command_id, ack }: Removed, entry: Entry): AckSuccess {
  return ack ?? { ok: true, command_id, seq, result: entry.result ?? null }
}

type Removed = Pick<Commit, 'seq' | 'command_id' | 'ack'>
