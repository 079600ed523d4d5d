import type { LiveSession } from './live-session.js'

/** A session that nobody has asked for during so many sweeps is unloaded. */
const SWEEPS = 4

/** Reads a session; undefined when there is none. */
export type Load = () => Promise<LiveSession | undefined>

type OpenSession = {
  opening: Promise<LiveSession | undefined>
  /** Set once it is open. */
  session: LiveSession | undefined
  /** The sweep after which it was last asked for. */
  used: number
}

/**
 * The sessions in memory. Idle ones are let go of, not closed: whoever still holds one goes on with
 * it, and as long as it is held anywhere the next to ask gets that same object. So there are never
 * two of one session, wherever in its work a holder is; only what nobody holds is read again.
 */
export class OpenSessions {
  readonly #isOccupied: (session_id: string) => boolean
  readonly #open = new Map<string, OpenSession>()
  readonly #idle = new Map<string, WeakRef<LiveSession>>()
  #sweeps = 0

  /** `isOccupied`: whether clients are in the session, who need it soon. */
  constructor(isOccupied: (session_id: string) => boolean) {
    this.#isOccupied = isOccupied
  }

  /** Loads it unless it is in memory. Undefined when there is no such session. Rejects as `load` does. */
  get(session_id: string, load: Load): Promise<LiveSession | undefined> {
    const known = this.#open.get(session_id)
    if (!known) return this.#openAgain(session_id, load)
    known.used = this.#sweeps
    return known.opening
  }

  /** The session, if it is open now. */
  peek(session_id: string): LiveSession | undefined {
    const known = this.#open.get(session_id)
    if (known) known.used = this.#sweeps
    return known?.session
  }

  /** The session, if it is in memory; not a reason to keep it there. */
  held(session_id: string): LiveSession | undefined {
    return this.#open.get(session_id)?.session ?? this.#idle.get(session_id)?.deref()
  }

  /** The session, if it is open, being opened, or still held by somebody; none is opened for it. */
  async opened(session_id: string): Promise<LiveSession | undefined> {
    const known = this.#open.get(session_id)
    if (!known) return this.#idle.get(session_id)?.deref()
    // One that could not be opened is not open.
    return known.opening.catch(() => undefined)
  }

  /** How many are in memory, or on their way there. */
  get size(): number {
    return this.#open.size
  }

  /** Those that are open now. */
  *sessions(): Generator<LiveSession> {
    for (const { session } of this.#open.values()) if (session) yield session
  }

  forget(session_id: string): void {
    this.#open.delete(session_id)
    this.#idle.delete(session_id)
  }

  /** Lets go of what has been idle for some sweeps. */
  sweep(): void {
    this.#sweeps += 1
    for (const [session_id, ref] of this.#idle) if (!ref.deref()) this.#idle.delete(session_id)
    for (const [session_id, opened] of this.#open) {
      if (this.#isOccupied(session_id)) opened.used = this.#sweeps
      if (!opened.session || this.#sweeps - opened.used < SWEEPS) continue
      this.#open.delete(session_id)
      this.#idle.set(session_id, new WeakRef(opened.session))
    }
  }

  #openAgain(session_id: string, load: Load): Promise<LiveSession | undefined> {
    const held = this.#idle.get(session_id)?.deref()
    this.#idle.delete(session_id)
    const opening = held ? Promise.resolve(held) : load()
    const opened: OpenSession = { opening, session: held, used: this.#sweeps }
    this.#open.set(session_id, opened)
    // What is not there, or could not be read, is asked for again the next time.
    const forget = () => {
      if (this.#open.get(session_id) === opened) this.#open.delete(session_id)
    }
    opening.then((session) => {
      opened.session = session
      if (!session) forget()
    }, forget)
    return opening
  }
}

/** A timer with more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** How often what is not to be kept any longer is looked for. */
const RETENTION_MS = 3_600_000

type SweepTimer = {
  /** A timer that does not keep the process. Monotonic: it knows no time of day. */
  after: (ms: number, work: () => void) => void
  isOpen: () => boolean
}

type Sweeping = SweepTimer & { minutes: number }

/** Lets idle sessions go after so many minutes, or up to a quarter more. */
export function sweepIdle(sessions: { sweep: () => void }, sweeping: Sweeping): void {
  const { after, minutes, isOpen } = sweeping
  after(Math.min((minutes * 60_000) / SWEEPS, LONGEST_MS), () => {
    if (!isOpen()) return
    sessions.sweep()
    sweepIdle(sessions, sweeping)
  })
}

/** Removes what is not to be kept any longer, every hour. */
export function sweepOld(
  sessions: { removeOld: () => Promise<void> },
  surroundings: SweepTimer,
): void {
  surroundings.after(RETENTION_MS, () => {
    if (!surroundings.isOpen()) return
    void sessions.removeOld().then(() => sweepOld(sessions, surroundings))
  })
}
