import {
  assertSnapshotSeq,
  DamagedError,
  type JournalSize,
  type Receipt,
  type SessionRecord,
  type StoredSession,
  type Truncation,
} from '../journal.js'
import type { Log } from './append.js'
import { bytesOf, type SqliteDatabase } from './database.js'
import { Erasure, type Removal } from './removal.js'
import {
  bodyOf,
  expectEnd,
  findCommand,
  findRow,
  lastSeq,
  readEntries,
  readReceipts,
  recordOf,
  snapshotRef,
  type Body,
  type FoundCommand,
  type Reading,
} from './history.js'
import { packOutcomes, type PackedOutcomes } from './packed-group.js'
import { projectReads, projectWrites } from './projects.js'
import type { SessionRow } from './schema.js'
import {
  createSessions,
  memberReads,
  memberWrites,
  sessionReads,
  type NewSession,
} from './sessions.js'
import type { Tail } from './tail.js'
import {
  aboutSnapshot,
  expectText,
  readParts,
  type TextParts,
  type TextRef,
  type Texts,
} from './texts.js'

// What the threads of the journal are asked for, in portions that the main thread takes in without
// holding its loop, and between which others have their turn.

/** Characters of a portion: to take it in needs a millisecond. */
const PORTION = 1024 * 1024

/** What a session opens with, but for its parts, entries and receipts. */
export type Opening = {
  record: SessionRecord
  /** Tells it from a later session of that id. */
  session: number
  first_seq: number
  last_seq: number
  snapshot: { seq: number; ref: TextRef } | null
  /** All of it, where that is little; undefined also when some of it is damaged. */
  whole: StoredSession | undefined
}

/** Entries from `first` on; no more than a portion. `more`: there are others. */
export type EntryPortion = { first: number; bodies: Body[]; more: boolean }

/** Receipts of a portion. */
export const RECEIPTS = 2_000

export type ReadSteps = ReturnType<typeof readSteps>

export function readSteps(reading: Reading) {
  const { database } = reading
  const steps = {
    ...sessionReads(reading),
    ...memberReads(database),
    ...projectReads(database),

    opening(session_id: string): Opening | undefined {
      const row = findRow(database, session_id)
      if (!row) return undefined
      const record = recordOf(row)
      expectEnd(reading, row)
      const { id: session, first_seq, snapshot_seq } = row
      const ref = snapshotRef(row)
      const snapshot = ref && snapshot_seq !== null ? { seq: snapshot_seq, ref } : null
      const opening = { record, session, first_seq, last_seq: lastSeq(reading, row), snapshot }
      return { ...opening, whole: wholeOf(reading, row, opening) }
    },

    /** Undefined: there are none. */
    entries(session_id: string, after_seq: number, limit: number): EntryPortion | undefined {
      const row = findRow(database, session_id)
      const entries = row ? readEntries(reading, row, { after_seq, limit, chars: PORTION }) : []
      const [first] = entries
      if (!row || !first) return undefined
      const last = Math.min(after_seq + limit, lastSeq(reading, row))
      const more = (entries.at(-1)?.seq ?? 0) < last
      return { first: first.seq, bodies: entries.map(bodyOf), more }
    },

    /** Those from the entry `from_seq` on, but for the first `skip`; none when there are no more. */
    receipts(session_id: string, from_seq: number, skip: number): Receipt[] {
      const row = findRow(database, session_id)
      return row ? readReceipts(reading, row, { from_seq, skip, most: RECEIPTS }) : []
    },

    parts: (ref: TextRef, from: number): TextParts =>
      readParts(database, ref, { from, chars: PORTION }),

    command(session_id: string, command_id: string): FoundCommand | undefined {
      const row = findRow(database, session_id)
      return row && findCommand(reading, row, command_id)
    },
  }
  return inViews(steps, reading)
}

/** Most sessions are opened in one step. */
function wholeOf(
  reading: Reading,
  row: SessionRow,
  { record, snapshot, last_seq }: Omit<Opening, 'whole'>,
): StoredSession | undefined {
  try {
    const window = { from: 0, chars: PORTION }
    const parts = snapshot && readParts(reading.database, snapshot.ref, window)
    if (parts && parts.next !== null) return undefined
    const after_seq = snapshot?.seq ?? 0
    const entries = readEntries(reading, row, { after_seq, chars: PORTION })
    const receipts = readReceipts(reading, row, { from_seq: after_seq, most: RECEIPTS + 1 })
    const isAll = (entries.at(-1)?.seq ?? after_seq) === last_seq && receipts.length <= RECEIPTS
    const bodies = entries.map(bodyOf).filter((body) => typeof body === 'string')
    if (!isAll || bodies.length < entries.length) return undefined
    const read = snapshot && parts ? { seq: snapshot.seq, parts: parts.bodies } : null
    return { record, snapshot: read, entries: bodies, receipts }
  } catch (error) {
    // Told, or made up for, by whoever reads it portion by portion.
    if (error instanceof DamagedError) return undefined
    throw error
  }
}

/** Each step sees one state of the database, with all that is in the log by then. */
function inViews<T extends object>(all: T, { database: { view }, tail }: Reading): T {
  const wrapped = Object.entries(all).map(([name, step]) => [
    name,
    (...args: unknown[]) =>
      view(() => {
        tail.refresh()
        return (step as (...given: unknown[]) => unknown)(...args)
      }),
  ])
  return Object.fromEntries(wrapped) as T
}
type Writing = {
  database: SqliteDatabase
  tail: Tail
  texts: Texts
  log: Log
  removal: Removal
  /** Does a part of what is to be done besides. True: there may be more. */
  tidy: () => boolean
}

export type WriteSteps = ReturnType<typeof writeSteps>

export function writeSteps({ database, tail, texts, log, removal, tidy }: Writing) {
  const { prepare } = database
  const erasure = new Erasure(database, tidy)
  const projects = projectWrites(database, texts)
  const erasing = <T>(removed: T): T => {
    if (removed) erasure.due()
    return removed
  }
  return {
    ...memberWrites(database),
    ...projects,
    deleteProject: (project_id: string): boolean => erasing(projects.deleteProject(project_id)),
    append: (group: string): PackedOutcomes => packOutcomes(log.append(group)),
    createSessions: (sessions: NewSession[]) => createSessions(database, sessions),
    deleteSession: (session_id: string): boolean => erasing(removal.deleteSession(session_id)),
    truncate: (session_id: string, truncation: Truncation): number =>
      erasing(removal.truncate(session_id, truncation)),
    eraseRemoved: () => erasure.next(),

    beginText: (about: string): TextRef => texts.begin(about),
    addParts: (ref: TextRef, from: number, bodies: readonly string[]): TextRef =>
      texts.add(ref, from, bodies),
    discardText: ({ text }: TextRef): void => texts.discard(text),

    /** Moves some rows of a session into the indexes. True: there are more. */
    indexSome: (session_id: string): boolean => log.fillOf(session_id),

    /** Null: it is not wanted, as there is a newer one, the same one, or no such session. */
    beginSnapshot(session_id: string, seq: number): TextRef | null {
      const row = findRow(database, session_id)
      if (!row || (row.snapshot_seq ?? -1) > seq) return null
      if (row.snapshot_seq === seq && isWhole(database, row)) return null
      return texts.begin(aboutSnapshot(row.id, seq))
    },

    /** From here on it is the snapshot of the session. False: it is not wanted any more. */
    endSnapshot: (session_id: string, seq: number, ref: TextRef): boolean =>
      log.changing(() => {
        const row = findRow(database, session_id)
        // The session was deleted, or another one took its place, while it was written.
        if (!row || ref.about !== aboutSnapshot(row.id, seq)) return false
        assertSnapshotSeq(seq, lastSeq({ database, tail }, row))
        if ((row.snapshot_seq ?? -1) > seq) return false
        texts.hold(ref)
        texts.release(row.snapshot_text)
        prepare(`update sessions set snapshot_seq = ?, snapshot_text = ?, snapshot_digest = ?
          where id = ?`).run(seq, ref.text, ref.digest, row.id)
        return true
      }),

    size(): JournalSize {
      tail.refresh()
      return { staged: tail.count, bytes: bytesOf(database) }
    },
    ping: (): void => void prepare('select 1').all(),
  }
}

function isWhole(database: SqliteDatabase, row: SessionRow): boolean {
  const ref = snapshotRef(row)
  try {
    if (ref) expectText(database, ref)
    return ref !== null
  } catch (error) {
    // It is written anew, from the graph in memory.
    if (error instanceof DamagedError) return false
    throw error
  }
}
