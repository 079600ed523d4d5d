import type { Member, ProjectRecord, SessionRecord, ShareLinkRecord } from './journal.js'

// What a store holds, as a copy takes it: row by row, with what only the store itself knows of.

/** A session with what belongs to it, but for its history. */
export type SessionContents = SessionRecord & {
  /** Its place among the sessions of the store, ascending. */
  number: number
  created_by: string | null
  first_seq: number
  snapshot_seq: number | null
  members: Member[]
  links: ShareLinkRecord[]
}

/**
 * A command as it is stored: an entry has a `seq`, a receipt an `after_seq`. Of an entry that was
 * removed the body is null. `ack` and `consumes` are JSON.
 */
export type RowContents = {
  /** Its place in the log of the store, ascending. */
  id: number
  session_id: string
  seq: number | null
  after_seq: number | null
  command_id: string
  payload_hash: string
  ack: string | null
  consumes: string | null
  body: string | null
}

/** `through`: the last row that was looked at; undefined: there are no more. */
export type RowPage = { rows: RowContents[]; through: number | undefined }

/** Sessions, and rows, of a page at most; a page of rows also ends after so many characters. */
export const PAGE = { sessions: 200, rows: 2_000, chars: 1024 * 1024 }

/** Which ids are taken: of sessions, of projects, of share links. */
export type Taken = 'sessions' | 'projects' | 'share_links'

/** Everything that a store holds. Nobody else writes to it meanwhile. */
export interface Contents {
  /** Where it is, as may be told. */
  readonly place: string
  /** Sessions after the one of that number; none: there are no more. */
  sessions(after: number): Promise<SessionContents[]>
  rows(after: number): Promise<RowPage>
  /** The parts of a session's snapshot. */
  snapshot(session_id: string): AsyncIterable<string> | Iterable<string>
  /** Projects after the one of that id; none: there are no more. */
  projects(after: string): Promise<ProjectRecord[]>
  project(project_id: string): Promise<ProjectRecord | undefined>
  /** The parts of the saved document; undefined: it was never saved. */
  document(project_id: string): Promise<AsyncIterable<string> | Iterable<string> | undefined>
  /** Throws `StorageError` when a server has it open. */
  expectUnused(): Promise<void>
  close(): Promise<void>
}

/** How far a copy has come: positions in its source. It is kept in the target. */
export type Progress = {
  source: string
  /** The last session and the last row that the target had before. */
  before: { session: number; row: number }
  session: number
  row: number
  /** The number of the last session whose snapshot is there. */
  snapshot: number
  project: string
}

/**
 * A store that is copied into. Until `end` no server opens it. Each addition is durable together with
 * the progress that it makes, so that a copy that was ended goes on where it was.
 */
export interface CopyTarget extends Contents {
  /** Of a copy that was begun; undefined: none was. */
  progress(): Promise<Progress | undefined>
  taken(what: Taken, ids: readonly string[]): Promise<string[]>
  begin(source: string): Promise<Progress>
  addSessions(sessions: readonly SessionContents[], now: Progress): Promise<void>
  addRows(rows: readonly RowContents[], now: Progress): Promise<void>
  addSnapshot(session: SessionContents, parts: Parts, now: Progress): Promise<void>
  addProject(project: ProjectRecord, document: Parts | undefined, now: Progress): Promise<void>
  /** The copy is complete. */
  end(): Promise<void>
}

export type Parts = AsyncIterable<string> | Iterable<string>

/** Why a store with an unfinished copy is not opened. */
export function unfinishedCopy(place: string): string {
  return `${place} has an unfinished copy: run the same talus-server copy again, and it goes on`
}
