import { fail, type Failure } from '@talus/protocol'
import type { Allowance } from '../limits/allowances.js'
import type { Kept } from './presence-room.js'

/** Shares of a session and of a user in what all states may take. */
const SESSION_SHARE = 16
const USER_SHARE = 64

/** When there is too much, the largest go until so much of the budget is in use. */
const AFTER_EVICTION = 0.9

/** One state, and whose budget it counts in. */
export type Counted = { session_id: string; user: Allowance; kept: Kept }

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
  readonly #states = new Map<Kept, Counted>()
  readonly #sessions = new Map<string, number>()
  #all = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Whether a user may have a state of so many bytes in place of another. A refusal: LIMIT_EXCEEDED. */
  refusal(user: Allowance, bytes: number, before: Kept | undefined): Failure | undefined {
    const most = this.#most / USER_SHARE
    const after = user.presenceBytes + bytes - (before?.bytes ?? 0)
    return after > most && bytes > (before?.bytes ?? 0) ? tooMuch(most) : undefined
  }

  add(counted: Counted): void {
    this.#states.set(counted.kept, counted)
    this.#count(counted, 1)
  }

  remove(kept: Kept | undefined): Counted | undefined {
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
  excess(session_id: string): Counted[] {
    const ofSession = this.#most / SESSION_SHARE
    if (this.of(session_id) > ofSession) {
      return this.#largest(this.of(session_id) - AFTER_EVICTION * ofSession, session_id)
    }
    return this.#all > this.#most ? this.#largest(this.#all - AFTER_EVICTION * this.#most) : []
  }

  #largest(bytes: number, session_id?: string): Counted[] {
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

  #count({ session_id, user, kept }: Counted, sign: 1 | -1): void {
    const bytes = sign * kept.bytes
    this.#all += bytes
    user.presenceBytes += bytes
    const left = this.of(session_id) + bytes
    if (left > 0) this.#sessions.set(session_id, left)
    else this.#sessions.delete(session_id)
  }
}
