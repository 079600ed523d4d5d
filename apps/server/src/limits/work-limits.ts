import type { Result } from '@talus/protocol'
import { RateLimit } from '../gate/rate-limits.js'
import type { Rate } from '../gate/rate.js'
import type { After } from '../presence/beat.js'
import {
  ConcurrencyLimit,
  type Concurrency,
  type Demand,
  type Permit,
} from './concurrency-limit.js'

/** Units that are little: such work does not wait behind what takes long. */
const SMALL_UNITS = 2

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
  perUser: Rate
  perSession: Rate
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
 * `limits/turns.ts`. After a wait, ask again whether the caller may still do it.
 */
export class WorkLimits {
  readonly #user: RateLimit
  readonly #session: RateLimit
  readonly #small: ConcurrencyLimit
  readonly #large: ConcurrencyLimit

  constructor(
    { perUser, perSession, largeReads: most }: WorkSettings,
    { elapsed, after }: { elapsed: () => number; after: After },
  ) {
    this.#user = new RateLimit('units of work of a user', perUser, elapsed)
    this.#session = new RateLimit('units of work of a session', perSession, elapsed)
    this.#small = new ConcurrencyLimit('small reads', SMALL, after)
    this.#large = new ConcurrencyLimit('large reads', largeReads(most), after)
  }

  /** Errors: RATE_LIMITED with the time when to come again, OVERLOADED. */
  async admit(demand: Demand, gone: AbortSignal): Promise<Result<Permit>> {
    const { user, session_id, units } = demand
    const error = this.#user.take(user, units) ?? this.#session.take(session_id, units)
    if (error) return { ok: false, error }
    const limit = units <= SMALL_UNITS ? this.#small : this.#large
    return limit.acquire(demand, gone)
  }
}
