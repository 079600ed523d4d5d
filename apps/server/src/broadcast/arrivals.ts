import type { Actor } from '@talus/protocol'
import type { After } from '../clock.js'

export type Arrival = 'session:connected' | 'session:disconnected'

/**
 * One arrival, or the end of one, that others are told of. `replaces`: the connection of the same
 * actor that it takes the place of.
 */
export type ArrivalNotice = { event: Arrival; client_id: string; actor?: Actor; replaces?: string }

/** What cannot be told at once is told together, after so many milliseconds. */
const GATHER_MS = 250

/** Arrivals of one write, times clients that it goes to. */
const GATHERED = 50_000

type WaitingArrivals = Map<string, ArrivalNotice>

type ArrivalPace = {
  after: After
  /** Counts messages to so many clients of a session; false: there are too many in this moment. */
  mayWrite: (session_id: string, clients: number) => boolean
}

/**
 * Tells a session who comes and goes (rule LIM31). Each arrival is a message to everybody: in a large
 * session, or when clients come and go without end, those of a moment are told in one write, and
 * whoever has gone again before anybody was told is not mentioned.
 */
export class Arrivals {
  readonly #pace: ArrivalPace
  readonly #tell: (session_id: string, told: readonly ArrivalNotice[]) => void
  readonly #waiting = new Map<string, WaitingArrivals>()

  constructor(
    pace: ArrivalPace,
    tell: (session_id: string, told: readonly ArrivalNotice[]) => void,
  ) {
    this.#pace = pace
    this.#tell = tell
  }

  /** `clients`: how many are in the session. */
  announce(session_id: string, told: ArrivalNotice, clients: number): void {
    const waiting = this.#waiting.get(session_id)
    if (!waiting && this.#pace.mayWrite(session_id, clients)) {
      return this.#tell(session_id, [told])
    }
    if (waiting) gather(waiting, told)
    else this.#begin(session_id, new Map([[told.client_id, told]]), clients)
  }

  /** Forgets a session that nobody is in. */
  forget(session_id: string): void {
    this.#waiting.delete(session_id)
  }

  #begin(session_id: string, waiting: WaitingArrivals, clients: number): void {
    this.#waiting.set(session_id, waiting)
    const most = Math.max(1, Math.floor(GATHERED / Math.max(1, clients)))
    this.#pace.after(GATHER_MS, () => {
      if (this.#waiting.get(session_id) !== waiting) return
      const told = [...waiting.values()].slice(0, most)
      for (const { client_id } of told) waiting.delete(client_id)
      this.#waiting.delete(session_id)
      if (told.length > 0) this.#tell(session_id, told)
      if (waiting.size > 0) this.#begin(session_id, waiting, clients)
    })
  }
}

/** What was to be told of a client is told no longer when the contrary has happened. */
function gather(waiting: WaitingArrivals, told: ArrivalNotice): void {
  const { client_id } = told
  const before = waiting.get(client_id)
  if (before && before.event !== told.event) waiting.delete(client_id)
  else waiting.set(client_id, told)
}
