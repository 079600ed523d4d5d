/** Bytes a second that presence may write: in one session, and in all that write much. */
const SESSION_BYTES = 100_000_000
const ALL_BYTES = 200_000_000

/** What one beat may write, to everybody together; it takes some milliseconds. */
const BEAT_BYTES = 4_000_000

/** A beat that writes less does not wait for other sessions. */
const LITTLE_BYTES = 65_536

/**
 * How fast presence is shown: the more is written, the later the next beat comes. Nothing is lost, as
 * the latest state of each client counts (rule PRES1).
 */
export class Pace {
  readonly #now: () => number
  #freeAt = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Characters of states that one beat may show to so many clients. */
  mostFor(clients: number): number {
    return BEAT_BYTES / Math.max(1, clients)
  }

  /** Milliseconds until the next beat after one that wrote so many bytes. */
  after(bytes: number): number {
    const own = (bytes / SESSION_BYTES) * 1_000
    if (bytes < LITTLE_BYTES) return own
    const now = this.#now()
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes / ALL_BYTES) * 1_000
    return Math.max(own, this.#freeAt - now)
  }
}
