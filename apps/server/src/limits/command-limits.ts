import type { Failure } from '@talus/protocol'
import { GUEST_PREFIX, linkOfGuest } from './accounts.js'
import type { RateLimit } from './rate.js'

/** Commands of a batch that count as one. */
const BATCH_SHARE = 100

/** What a command takes: a batch one, and one more for each hundred commands in it. */
export function costOf(data: unknown): number {
  const { commands } = (data ?? {}) as { commands?: unknown }
  return Array.isArray(commands) ? 1 + Math.floor(commands.length / BATCH_SHARE) : 1
}

/** How often commands may be given, whichever way they come. */
export type CommandRates = { user: RateLimit; session: RateLimit }

/** Whose command it is; `link_id`: of a guest, the link that it came by. */
type Spender = { actor_id: string; link_id?: string | undefined; session_id: string; cost: number }

/** What a command of a guest counts: one guest has a quarter of what all of a link have together. */
const GUEST_SHARE = 4

/**
 * The user goes first: who has used up their own takes nothing from the others in the session. All
 * guests of a link together have what one user has (rule AUTH12).
 */
export function takeCommand(
  { user, session }: CommandRates,
  { actor_id, link_id, session_id, cost }: Spender,
): Failure | undefined {
  const own = user.take(actor_id, link_id === undefined ? cost : GUEST_SHARE * cost)
  // The name of the link alone is nobody's (rule AUTH7).
  const ofLink =
    link_id === undefined ? undefined : () => user.take(`${GUEST_PREFIX}${link_id}`, cost)
  return own ?? ofLink?.() ?? session.take(session_id, cost)
}

type SpendingLimits = Record<'user' | 'session', RateLimit>

/**
 * What commands cost is known when they are planned: a few bytes may undo a deletion of megabytes.
 * So a command is let in while its user and its session owe nothing, and charged afterwards with
 * the bytes that it writes to disk and the time that its plan took (rule LIM13).
 */
export class Spending {
  readonly #bytes: SpendingLimits
  readonly #work: SpendingLimits

  constructor({ bytes, work }: { bytes: SpendingLimits; work: SpendingLimits }) {
    this.#bytes = bytes
    this.#work = work
  }

  /** The refusal while too much was spent: RATE_LIMITED. */
  refusal({ actor_id, session_id }: { actor_id: string; session_id?: string | undefined }) {
    const user = linkOfGuest(actor_id) ?? actor_id
    return this.#overdrawn('user', user) ?? this.#overdrawn('session', session_id ?? '')
  }

  charge({ actor_id, session_id }: Payer, { bytes, ms }: Expense): void {
    // Anybody may be any number of guests: those of one link have one account.
    const user = linkOfGuest(actor_id) ?? actor_id
    if (bytes > 0) {
      this.#bytes.user.charge(user, bytes)
      this.#bytes.session.charge(session_id, bytes)
    }
    if (ms > 0) {
      this.#work.user.charge(user, ms)
      this.#work.session.charge(session_id, ms)
    }
  }

  #overdrawn(who: keyof SpendingLimits, key: string): Failure | undefined {
    return this.#bytes[who].overdrawn(key) ?? this.#work[who].overdrawn(key)
  }
}

/** What planning a task took: bytes to be written to disk, and milliseconds of work. */
export type Expense = { bytes: number; ms: number }

/** Whose task it is, in which session. */
export type Payer = { actor_id: string; session_id: string }

/** Told what somebody's work took, who pays for it afterwards. */
export type Spent = (payer: Payer, cost: Expense) => void
