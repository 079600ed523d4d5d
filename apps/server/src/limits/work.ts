import type { Failure, Result } from '@talus/protocol'
import type { After } from '../clock.js'
import { type Concurrency, ConcurrencyLimit, type Demand, type Permit } from './concurrency.js'
import { beyond, Counts, type RateLimit } from './rate.js'

/** Units that are little: such work does not wait behind what takes long. */
export const SMALL_UNITS = 2

/** Units of all that is large and runs together, where it is not one alone. */
const LARGE_UNITS = 1_000

/** What is waited for at most, in milliseconds: an answer later than this helps nobody. */
const PATIENCE_MS = 5_000

const SMALL: Concurrency = {
  total: 32,
  perSession: 16,
  perUser: 8,
  units: 32 * SMALL_UNITS,
  waiting: 5_000,
  waitingPerUser: 1_000,
  patienceMs: PATIENCE_MS,
}

function largeReads(most: number): Concurrency {
  const half = Math.max(1, Math.floor(most / 2))
  return {
    total: most,
    perSession: half,
    perUser: half,
    units: LARGE_UNITS,
    waiting: 32 * most,
    waitingPerUser: 4 * most,
    patienceMs: PATIENCE_MS,
  }
}

type WorkSettings = {
  /** Units a second. */
  perUser: RateLimit
  perSession: RateLimit
  /** Large reads at once. */
  largeReads: number
}

/**
 * Admits work by what it costs (rule LIM16): it is charged to its user and its session, and of what
 * takes long only a little runs at once. `limits/costs.ts` says what every route and event costs.
 *
 * To admit work that is not a read of a session: give it `units` in `costs.ts`, call `admit` before
 * it begins, with a signal that is aborted when nobody wants the answer any more, and `release` the
 * permit when it has ended. While work runs it goes step by step through `inTurns` of
 * `turns.ts`. After a wait, ask again whether the caller may still do it.
 */
export class WorkLimits {
  readonly #user: RateLimit
  readonly #session: RateLimit
  readonly #small: ConcurrencyLimit
  readonly #large: ConcurrencyLimit

  constructor({ perUser, perSession, largeReads: most }: WorkSettings, after: After) {
    this.#user = perUser
    this.#session = perSession
    this.#small = new ConcurrencyLimit('small reads', SMALL, after)
    this.#large = new ConcurrencyLimit('large reads', largeReads(most), after)
  }

  /** Errors: RATE_LIMITED with the time when to come again, OVERLOADED. */
  async admit(demand: Demand, gone: AbortSignal): Promise<Result<Permit>> {
    const error = this.charge(demand)
    if (error) return { ok: false, error }
    const limit = demand.units <= SMALL_UNITS ? this.#small : this.#large
    return limit.acquire(demand, gone)
  }

  /** Charges work that is done in one step and holds nothing meanwhile. Error: RATE_LIMITED. */
  charge({ user, session_id, units }: Demand): Failure | undefined {
    return this.#user.take(user, units) ?? this.#session.take(session_id, units)
  }
}

type HeldLimits = { total: number; perUser: number }

/** Milliseconds after which it may be worth to try again. */
const RETRY_MS = 1_000

/**
 * How much of something is held at this moment: in all, and by each user. Nobody waits for it: what
 * does not fit is refused.
 */
export class HeldAmounts {
  readonly #what: string
  readonly #most: HeldLimits
  readonly #users = new Counts()
  #total = 0

  /** `what`: such as "bytes of requests that are not complete". */
  constructor(what: string, most: HeldLimits) {
    this.#what = what
    this.#most = most
  }

  get total(): number {
    return this.#total
  }

  /** Undefined: it is held now, and has to be given back. Errors: RATE_LIMITED, OVERLOADED. */
  take(user: string, amount: number): Failure | undefined {
    const own = this.#users.of(user) + amount
    const { total, perUser } = this.#most
    if (own > perUser) return this.#refused('RATE_LIMITED', `${perUser} ${this.#what} of a user`)
    if (this.#total + amount > total) return this.#refused('OVERLOADED', `${total} ${this.#what}`)
    this.#users.add(user, amount)
    this.#total += amount
    return undefined
  }

  giveBack(user: string, amount: number): void {
    this.#users.add(user, -amount)
    this.#total -= amount
  }

  #refused(code: 'RATE_LIMITED' | 'OVERLOADED', most: string): Failure {
    return beyond(code, `${most} at once`, { retry_after_ms: RETRY_MS })
  }
}
