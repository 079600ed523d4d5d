import type { Journal, SessionRecord } from '../journal/journal.js'
import { hasOld, removeOld, type Retention, type Turn } from './retention.js'

/** Sessions that are asked for at a time. */
const PAGE = 50

type SweepServices = {
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
  readonly #services: SweepServices
  #running: Promise<void> | undefined
  #stopping = false

  constructor(services: SweepServices) {
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
      const page = await this.#services.journal.listSessions({ limit: PAGE, after })
      for (const session of page) {
        if (this.#stopping) return
        await this.#removeFrom(session)
      }
      last = page.at(-1)
      if (page.length < PAGE) return
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
