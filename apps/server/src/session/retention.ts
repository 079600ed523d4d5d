import type { Entry } from '@talus/protocol'
import type { Journal, SessionRecord, Truncation } from '../journal/journal.js'

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
export async function removeOld(journal: Journal, retention: Retention, turn: Turn): Promise<void> {
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
  return oldest !== undefined && (JSON.parse(oldest) as Entry).timestamp < before_time
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
