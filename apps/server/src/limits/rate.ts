import type { ErrorCode, ErrorDetail, Failure } from '@talus/protocol'
import type { SharedRate, Use } from './shared-rates.js'

/** So many a second on the long run, and so many at once. `Infinity`: any number. */
export type Rate = { perSecond: number; burst: number }

/** Units that were used, and the longest wait, in milliseconds, that they may lead to. */
type Debt = { cost: number; most: number }

/**
 * Who was refused is refused for so many milliseconds at least. Else, of commands sent without
 * waiting, a later one might be let through before an earlier one.
 */
const LEAST_PAUSE_MS = 100

/** What was used elsewhere never makes anybody wait for longer than this, in milliseconds. */
const LONGEST_DEBT_MS = 30_000

/**
 * How much of a rate somebody has used: the generic cell rate algorithm, which is a bucket of
 * tokens kept as one number, the time at which it is full again. Times in milliseconds of a clock
 * that never goes back.
 */
export class Budget {
  #fullAt = 0
  #refusedUntil = 0
  /** Used here, and not told to other servers. */
  #untold = 0

  /** Takes from the budget. 0: it was there; else the milliseconds to wait, and nothing is taken. */
  take({ perSecond, burst }: Rate, now: number, cost = 1): number {
    const interval = 1_000 / perSecond
    const wait = this.wait({ perSecond, burst }, now, cost)
    if (wait > 0) this.#refusedUntil = now + wait
    else {
      const taken = Math.min(cost, burst)
      this.#fullAt = Math.max(this.#fullAt, now) + taken * interval
      this.#untold += taken
    }
    return wait
  }

  /**
   * Takes what has been used already, as `charge` does, up to a bound. The milliseconds until the budget
   * is within its rate again, 0 when it is; more than `most` milliseconds are never owed.
   */
  owe({ perSecond, burst }: Rate, now: number, { cost, most }: Debt): number {
    const interval = 1_000 / perSecond
    const owed = Math.max(this.#fullAt - now, 0) + cost * interval - burst * interval
    const wait = Math.min(Math.max(owed, 0), most)
    this.#fullAt = now + Math.min(owed, most) + burst * interval
    this.#untold += cost
    return wait
  }

  /** What `take` would give, without taking. */
  wait({ perSecond, burst }: Rate, now: number, cost = 1): number {
    if (now < this.#refusedUntil) return this.#refusedUntil - now
    const interval = 1_000 / perSecond
    const used = Math.max(this.#fullAt - now, 0) + Math.min(cost, burst) * interval
    const wait = used - burst * interval
    // The sums are of different sizes; what differs by less than a microsecond is the same.
    return wait > 0.001 ? Math.max(wait, LEAST_PAUSE_MS) : 0
  }

  /** Takes whatever it costs, also more than there is: what comes next waits until that is made up. */
  charge({ perSecond }: Rate, now: number, cost: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + (cost * 1_000) / perSecond
    this.#untold += cost
  }

  /** What was used here since this was last asked. */
  used(): number {
    const untold = this.#untold
    this.#untold = 0
    return untold
  }

  /** Counts what was used on another server. */
  hear({ perSecond, burst }: Rate, now: number, cost: number): void {
    const interval = 1_000 / perSecond
    const used = Math.max(this.#fullAt, now) + cost * interval
    const most = now + burst * interval + LONGEST_DEBT_MS
    this.#fullAt = Math.max(this.#fullAt, Math.min(used, most))
  }

  /** Whether it is as if nothing had ever been taken. */
  isWhole(now: number): boolean {
    return this.#fullAt <= now && this.#refusedUntil <= now
  }
}

/** Keys that are looked through before the first sweep. */
const FIRST_SWEEP = 1_000

/** The budgets of many, such as users or addresses; those that are whole are forgotten. */
export class Budgets {
  readonly #rate: Rate
  readonly #now: () => number
  readonly #used = new Map<string, Budget>()
  #sweepAt = FIRST_SWEEP

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate
    this.#now = now
  }

  get rate(): Rate {
    return this.#rate
  }

  /** 0: there was enough; else the milliseconds to wait. */
  take(key: string, cost = 1): number {
    if (this.#rate.perSecond === Infinity) return 0
    const budget = this.#used.get(key) ?? this.#open(key)
    return budget.take(this.#rate, this.#now(), cost)
  }

  /** What `take` would give, without taking. */
  peek(key: string, cost = 1): number {
    return this.#used.get(key)?.wait(this.#rate, this.#now(), cost) ?? 0
  }

  /** Takes whatever it costs, also more than there is. */
  charge(key: string, cost: number): void {
    if (this.#rate.perSecond === Infinity) return
    const budget = this.#used.get(key) ?? this.#open(key)
    budget.charge(this.#rate, this.#now(), cost)
  }

  /** What each has used here since this was last asked, of those that used at least so much. */
  *used(least: number): Iterable<Use> {
    for (const [key, budget] of this.#used) {
      const used = budget.used()
      if (used >= least && used > 0) yield [key, used]
    }
  }

  /** Counts what was used on another server. */
  hear(key: string, cost: number): void {
    const budget = this.#used.get(key) ?? this.#open(key)
    budget.hear(this.#rate, this.#now(), cost)
  }

  /** How many have a budget that is not whole, as far as it is known. */
  get size(): number {
    return this.#used.size
  }

  #open(key: string): Budget {
    if (this.#used.size >= this.#sweepAt) this.#sweep()
    const budget = new Budget()
    this.#used.set(key, budget)
    return budget
  }

  #sweep(): void {
    const now = this.#now()
    for (const [key, budget] of this.#used) if (budget.isWhole(now)) this.#used.delete(key)
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#used.size)
  }
}

/** A refusal that says when to come again (rule LIM6). `what`: such as "commands of a user". */
export function rateLimited(what: string, { perSecond, burst }: Rate, wait: number): Failure {
  const retry_after_ms = Math.ceil(wait)
  const [most, once] = [perSecond, burst].map((count) => count.toLocaleString('en'))
  return {
    code: 'RATE_LIMITED',
    message: `Too many ${what}; try again after ${retry_after_ms} ms`,
    details: [
      {
        path: '',
        expected: `at most ${most} ${what} a second, ${once} at once`,
        hint: `try again after ${retry_after_ms} ms`,
      },
    ],
    retry_after_ms,
  }
}

type Beyond = Omit<ErrorDetail, 'path' | 'expected'> & { retry_after_ms?: number }

/** A refusal of what goes beyond a limit. `most`: such as "16 connections of one address". */
export function beyond(
  code: ErrorCode,
  most: string,
  { retry_after_ms, ...detail }: Beyond = {},
): Failure {
  const expected = `at most ${most}`
  const failure: Failure = {
    code,
    message: `Expected ${expected}`,
    details: [{ path: '', expected, ...detail }],
  }
  return retry_after_ms === undefined ? failure : { ...failure, retry_after_ms }
}

/** Counts of many keys; a key with none takes no memory. */
export class Counts {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string, by: number): void {
    const count = this.of(key) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

/** A rate that many have, each for itself. */
export class RateLimit implements SharedRate {
  readonly #budgets: Budgets
  readonly what: string

  constructor(what: string, rate: Rate, now: () => number) {
    this.what = what
    this.#budgets = new Budgets(rate, now)
  }

  /** Takes from the budget of `key`. A refusal when there is not enough: RATE_LIMITED. */
  take(key: string, cost = 1): Failure | undefined {
    return this.#refusal(this.#budgets.take(key, cost))
  }

  /** The refusal that `take` would give, without taking. */
  peek(key: string): Failure | undefined {
    return this.#refusal(this.#budgets.peek(key))
  }

  /** The refusal while more was charged than there is. */
  overdrawn(key: string): Failure | undefined {
    return this.#refusal(this.#budgets.peek(key, 0))
  }

  /** Takes what something cost that is done already, also more than there is. */
  charge(key: string, cost: number): void {
    this.#budgets.charge(key, cost)
  }

  get rate(): Rate {
    return this.#budgets.rate
  }

  used(least: number): Iterable<Use> {
    return this.#budgets.used(least)
  }

  hear(key: string, cost: number): void {
    this.#budgets.hear(key, cost)
  }

  #refusal(wait: number): Failure | undefined {
    return wait === 0 ? undefined : rateLimited(this.what, this.#budgets.rate, wait)
  }
}
