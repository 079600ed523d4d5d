import { fail, type Failure } from '@talus/protocol'
import type { Allowance } from '../limits/socket-limits.js'
import type { KeptPresence } from './room.js'

/** Calls `work` at the next beat. */
export type AtNextBeat = (work: () => void) => void

type Beating = {
  work: () => void
  /** Whether the last beat has left something to do. */
  hasMore: () => boolean
  /** Called when a beat has passed in which nothing was asked for. */
  onRest: () => void
}

/**
 * Work that is done at most once a beat. The first time at once; asked for again meanwhile, once
 * more at the next beat, so that what came last is never left lying (rule PRES1).
 */
export class Beat {
  readonly #atNextBeat: AtNextBeat
  readonly #beating: Beating
  #state: 'resting' | 'waiting' | 'asked' = 'resting'

  constructor(atNextBeat: AtNextBeat, beating: Beating) {
    this.#atNextBeat = atNextBeat
    this.#beating = beating
  }

  get isResting(): boolean {
    return this.#state === 'resting'
  }

  ask(): void {
    if (this.#state === 'resting') this.#run()
    else this.#state = 'asked'
  }

  #run(): void {
    this.#state = 'waiting'
    this.#beating.work()
    this.#atNextBeat(() => this.#beat())
  }

  #beat(): void {
    if (this.#state === 'asked' || this.#beating.hasMore()) return this.#run()
    this.#state = 'resting'
    this.#beating.onRest()
  }
}

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

/** Shares of a session and of a user in what all states may take. */
const SESSION_SHARE = 16
const USER_SHARE = 64

/** When there is too much, the largest go until so much of the budget is in use. */
const AFTER_EVICTION = 0.9

/** One state, and whose budget it counts in. */
type CountedState = { session_id: string; user: Allowance; kept: KeptPresence }

function tooMuch(most: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} bytes of presence states of one user`
  const hint = 'send smaller states, or take some back'
  return fail('LIMIT_EXCEEDED', 'Your presence states take too much memory', [
    { path: '/state', expected, hint },
  ]).error
}

/** Bytes that presence states take: of each user, of each session and in all (rule LIM32). */
export class PresenceBudget {
  readonly #most: number
  readonly #states = new Map<KeptPresence, CountedState>()
  readonly #sessions = new Map<string, number>()
  #all = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Whether a user may have a state of so many bytes in place of another. A refusal: LIMIT_EXCEEDED. */
  refusal(user: Allowance, bytes: number, before: KeptPresence | undefined): Failure | undefined {
    const most = this.#most / USER_SHARE
    const after = user.presenceBytes + bytes - (before?.bytes ?? 0)
    return after > most && bytes > (before?.bytes ?? 0) ? tooMuch(most) : undefined
  }

  add(counted: CountedState): void {
    this.#states.set(counted.kept, counted)
    this.#count(counted, 1)
  }

  remove(kept: KeptPresence | undefined): CountedState | undefined {
    const counted = kept && this.#states.get(kept)
    if (!counted) return undefined
    this.#states.delete(counted.kept)
    this.#count(counted, -1)
    return counted
  }

  /** The bytes of a session's states. */
  of(session_id: string): number {
    return this.#sessions.get(session_id) ?? 0
  }

  /** The largest states where there is too much, of this session or in all: they have to go. */
  excess(session_id: string): CountedState[] {
    const ofSession = this.#most / SESSION_SHARE
    if (this.of(session_id) > ofSession) {
      return this.#largest(this.of(session_id) - AFTER_EVICTION * ofSession, session_id)
    }
    return this.#all > this.#most ? this.#largest(this.#all - AFTER_EVICTION * this.#most) : []
  }

  #largest(bytes: number, session_id?: string): CountedState[] {
    const among = [...this.#states.values()].filter(
      (counted) => session_id === undefined || counted.session_id === session_id,
    )
    among.sort((one, other) => other.kept.bytes - one.kept.bytes)
    let left = bytes
    const end = among.findIndex(({ kept }) => {
      left -= kept.bytes
      return left <= 0
    })
    return among.slice(0, end + 1)
  }

  #count({ session_id, user, kept }: CountedState, sign: 1 | -1): void {
    const bytes = sign * kept.bytes
    this.#all += bytes
    user.presenceBytes += bytes
    const left = this.of(session_id) + bytes
    if (left > 0) this.#sessions.set(session_id, left)
    else this.#sessions.delete(session_id)
  }
}
