import type { Failure } from '@talus/protocol'

type Most = { total: number; perUser: number }

/** Milliseconds after which it may be worth to try again. */
const RETRY_MS = 1_000

/**
 * How much of something is held at this moment: in all, and by each user. Nobody waits for it: what
 * does not fit is refused.
 */
export class Held {
  readonly #what: string
  readonly #most: Most
  readonly #users = new Map<string, number>()
  #total = 0

  /** `what`: such as "bytes of requests that are not complete". */
  constructor(what: string, most: Most) {
    this.#what = what
    this.#most = most
  }

  get total(): number {
    return this.#total
  }

  /** Undefined: it is held now, and has to be given back. Errors: RATE_LIMITED, OVERLOADED. */
  take(user: string, amount: number): Failure | undefined {
    const own = (this.#users.get(user) ?? 0) + amount
    const { total, perUser } = this.#most
    if (own > perUser) return this.#refused('RATE_LIMITED', `${perUser} ${this.#what} of a user`)
    if (this.#total + amount > total) return this.#refused('OVERLOADED', `${total} ${this.#what}`)
    this.#users.set(user, own)
    this.#total += amount
    return undefined
  }

  giveBack(user: string, amount: number): void {
    const own = (this.#users.get(user) ?? 0) - amount
    if (own > 0) this.#users.set(user, own)
    else this.#users.delete(user)
    this.#total -= amount
  }

  #refused(code: 'RATE_LIMITED' | 'OVERLOADED', most: string): Failure {
    const expected = `at most ${most} at once`
    return {
      code,
      message: `Expected ${expected}`,
      details: [{ path: '', expected }],
      retry_after_ms: RETRY_MS,
    }
  }
}
