import type { EntryText } from '../journal/entry-text.js'
import type { Journal, SessionRecord, StoredSession, Truncation } from '../journal/journal.js'
import { headOf } from './entry-pieces.js'
import type { LiveSession } from './live-session.js'
import { capture, serialise } from './snapshot.js'

/** How much history is kept: the last so many entries, those of the last so many days; or all. */
export type Retention = { entries: number | undefined; days: number | undefined }

/** Entries that are removed at a time: appends wait for no more than these. */
const SLICE = 200

const DAY_MS = 86_400_000

/** One session's turn; `isStopping`: the server is closing and the rest can wait. */
type Turn = { session_id: string; seq: number; now: string; isStopping: () => boolean }

type RetentionLimits = Omit<Truncation, 'limit'>

/** Which entries of a session that ends at `seq` no limit keeps; undefined: all are kept. */
function limitsOf({ entries, days }: Retention, { seq, now }: Turn): RetentionLimits | undefined {
  if (entries === undefined && days === undefined) return undefined
  const before_seq = entries === undefined ? seq : seq - entries + 1
  if (days === undefined) return { before_seq }
  const before_time = new Date(Date.parse(now) - days * DAY_MS).toISOString()
  return { before_seq, before_time }
}

/** Removes what no limit keeps. What a snapshot does not cover stays in any case. */
async function removeOld(journal: Journal, retention: Retention, turn: Turn): Promise<void> {
  const limits = limitsOf(retention, turn)
  if (limits === undefined) return
  while (!turn.isStopping()) {
    const removed = await journal.truncate(turn.session_id, { ...limits, limit: SLICE })
    if (removed < SLICE) return
  }
}

/** Whether there is an entry that no limit keeps. */
async function hasOld(journal: Journal, retention: Retention, turn: Turn): Promise<boolean> {
  const limits = limitsOf(retention, turn)
  if (limits === undefined) return false
  const { before_seq, before_time } = limits
  const first_seq = await journal.firstSeq(turn.session_id)
  if (first_seq >= Math.min(before_seq, turn.seq)) return false
  if (before_time === undefined) return true
  const [oldest] = await journal.entriesAfter(turn.session_id, first_seq - 1, 1)
  return oldest !== undefined && (await headOf(oldest)).timestamp < before_time
}

/** Sessions that are asked for at a time. */
const SESSIONS_PAGE = 50

type RetentionServices = {
  journal: Journal
  retention: Retention
  now: () => string
  /** Writes a snapshot of a session as it is now, whether it is open or not. */
  snapshot: (session_id: string) => Promise<void>
  /** The first seq whose entry is kept now: what is in memory of entries before it goes, too. */
  removed: (session_id: string, first_seq: number) => void
  log: { error: (fields: object, message: string) => void }
}

/**
 * Removes what the operator does not want to keep from all sessions of the store, also from those
 * that nobody opens and that are too small for a snapshot of their own accord. One session at a time,
 * a part at a time: commands are appended in between.
 */
export class RetentionSweep {
  readonly #services: RetentionServices
  #running: Promise<void> | undefined
  #stopping = false

  constructor(services: RetentionServices) {
    this.#services = services
  }

  /** Goes through all sessions, unless that is under way. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Lets the part that is under way end. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #sweep(): Promise<void> {
    const { journal, retention, log } = this.#services
    const { entries, days } = retention
    try {
      if (entries !== undefined || days !== undefined) await this.#removeFromAll()
      while (!this.#stopping && (await journal.eraseRemoved()));
    } catch (err) {
      log.error({ err }, 'old entries could not be removed; the next sweep tries again')
    }
  }

  async #removeFromAll(): Promise<void> {
    let last: (SessionRecord & { seq: number }) | undefined
    for (;;) {
      const after = last && { created_at: last.created_at, id: last.session_id }
      const page = await this.#services.journal.listSessions({ limit: SESSIONS_PAGE, after })
      for (const session of page) {
        if (this.#stopping) return
        await this.#removeFrom(session)
      }
      last = page.at(-1)
      if (page.length < SESSIONS_PAGE) return
    }
  }

  async #removeFrom({ session_id, seq }: { session_id: string; seq: number }): Promise<void> {
    const { journal, retention, now, snapshot, removed, log } = this.#services
    const turn: Turn = { session_id, seq, now: now(), isStopping: () => this.#stopping }
    try {
      if (!(await hasOld(journal, retention, turn))) return
      await removeOld(journal, retention, turn)
      // Of the rest no snapshot tells what came of it.
      if (!this.#stopping && (await hasOld(journal, retention, turn))) {
        await snapshot(session_id)
        await removeOld(journal, retention, turn)
      }
      removed(session_id, await journal.firstSeq(session_id))
    } catch (err) {
      // Others are not to be kept for that.
      log.error({ session_id, err }, 'old entries of the session could not be removed')
    }
  }
}

/**
 * A session is written out as a whole when what came since would take long to replay: as long as so
 * many characters of ordinary entries, and longer for a large graph, which takes longer to open
 * anyway and must not be written again and again for little that happens in it.
 */
const CHARS = 4 * 1024 * 1024
const PART_OF_SNAPSHOT = 1 / 4

/** An entry takes as long to replay as so many characters; those of a long text count less. */
const CHARS_PER_ENTRY = 500
const LONG_TEXT = 1 / 8

/** A small one is written sooner: after so many entries that are so many times as long as it. */
const ENTRIES = 1_000
const TIMES_SNAPSHOT = 3

/** When the server ends, a session is written out for less, as long as this does not take long. */
const CHARS_AT_END = 512 * 1024
const END_MS = 3_000

type SinceSnapshot = { entries: number; chars: number; snapshotChars: number }

type SnapshotServices = {
  journal: Journal
  retention: Retention
  now: () => string
  log: { error: (fields: object, message: string) => void }
}

/**
 * Writes snapshots, so that opening a session stays quick however long its history is. One at a
 * time: each takes turns with the commands, and many sessions become due in the same moment.
 */
export class Snapshots {
  readonly #services: SnapshotServices
  readonly #since = new WeakMap<LiveSession, SinceSnapshot>()
  /** In the order in which they became due. */
  readonly #due = new Map<LiveSession, SinceSnapshot>()
  /** Sessions whose snapshot somebody waits for, whatever has come since the last. */
  readonly #asked = new Set<LiveSession>()
  #writing: Promise<void> | undefined
  #stopping = false

  constructor(services: SnapshotServices) {
    this.#services = services
  }

  /** Takes in how far a session that was opened is from its last snapshot. */
  opened(session: LiveSession, { snapshot, entries }: StoredSession): void {
    const snapshotChars = charsOf(snapshot?.parts ?? [])
    this.#since.set(session, { entries: 0, chars: 0, snapshotChars })
    this.committed(session, entries)
  }

  /** Takes in what has become durable, as JSON. */
  committed(session: LiveSession, bodies: readonly EntryText[]): void {
    const since = this.#since.get(session)
    if (!since) return
    since.entries += bodies.length
    since.chars += charsOf(bodies)
    if (this.#stopping || !isDue(since)) return
    this.#due.set(session, since)
    this.#writing ??= this.#writeDue()
  }

  /** Writes a snapshot of the session in its turn. Resolves also when it could not be written. */
  async ask(session: LiveSession): Promise<void> {
    const since = this.#since.get(session)
    if (!since || this.#stopping) return
    this.#asked.add(session)
    this.#due.set(session, since)
    this.#writing ??= this.#writeDue()
    await this.#writing
  }

  /** Characters of the session as JSON: its last snapshot, and the entries since. */
  charsOf(session: LiveSession): number {
    const since = this.#since.get(session)
    return since ? since.snapshotChars + since.chars : 0
  }

  /** Ends with snapshots of those sessions that would have much to replay when they are opened. */
  async stop(sessions: Iterable<LiveSession>): Promise<void> {
    this.#stopping = true
    await this.#writing
    const end = performance.now() + END_MS
    for (const session of sessions) {
      const since = this.#since.get(session)
      if (!since || since.chars < CHARS_AT_END) continue
      if (performance.now() > end) return
      await this.#write(session, since)
    }
  }

  async #writeDue(): Promise<void> {
    // Those that become due meanwhile come into the same loop.
    for (const [session, since] of this.#due) {
      if (this.#stopping) break
      this.#due.delete(session)
      // Who became due during its own snapshot may not be beside one of that size.
      if (this.#asked.delete(session) || isDue(since)) await this.#write(session, since)
    }
    this.#writing = undefined
  }

  async #write(session: LiveSession, since: SinceSnapshot): Promise<void> {
    const { journal, retention, now, log } = this.#services
    Object.assign(since, { entries: 0, chars: 0 })
    const { session_id } = session.record
    await session.calm()
    const { seq } = session
    try {
      const captured = session.withDurable(capture)
      let snapshotChars = 0
      const parts = tapped(serialise(captured), ({ length }) => (snapshotChars += length))
      await journal.writeSnapshot(session_id, seq, parts)
      since.snapshotChars = snapshotChars
      session.snapshotSeq = seq
      const isStopping = () => this.#stopping
      await removeOld(journal, retention, { session_id, seq, now: now(), isStopping })
    } catch (err) {
      // A snapshot only shortens the next opening: without it the entries are replayed.
      log.error({ session_id, seq, err }, 'snapshot could not be written')
    }
  }
}

function isDue({ entries, chars, snapshotChars }: SinceSnapshot): boolean {
  const toReplay = Math.min(chars, entries * CHARS_PER_ENTRY + chars * LONG_TEXT)
  if (toReplay >= Math.max(CHARS, snapshotChars * PART_OF_SNAPSHOT)) return true
  return entries >= ENTRIES && chars >= snapshotChars * TIMES_SNAPSHOT
}

function charsOf(texts: readonly EntryText[]): number {
  let chars = 0
  for (const text of texts) chars += text.length
  return chars
}

async function* tapped<T>(items: AsyncIterable<T>, see: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    see(item)
    yield item
  }
}
