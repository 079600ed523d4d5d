import { Budget } from '../gate/rate.js'

/** Allowances that are looked through before the first sweep. */
const FIRST_SWEEP = 1_000

/**
 * What a user, or an address of which no user is known, has in use over all sockets. A socket finds
 * its own once, when it connects.
 */
export class Allowance {
  readonly messages = new Budget()
  readonly joins = new Budget()
  readonly bytes = new Budget()
  /** Memberships of all its sockets in sessions. */
  memberships = 0
  /** Bytes of requests that wait for their answers. */
  pendingBytes = 0
  /** Bytes of presence states. */
  presenceBytes = 0

  isUnused(now: number): boolean {
    const { memberships, pendingBytes, presenceBytes } = this
    if (memberships + pendingBytes + presenceBytes > 0) return false
    return this.messages.isWhole(now) && this.joins.isWhole(now) && this.bytes.isWhole(now)
  }
}

/** The allowances of many, by key; those of which nothing is in use are forgotten. */
export class Allowances {
  readonly #now: () => number
  readonly #known = new Map<string, Allowance>()
  /** Held by open sockets: they go on using the one that they have found. */
  readonly #sockets = new Map<Allowance, number>()
  #sweepAt = FIRST_SWEEP

  constructor(now: () => number) {
    this.#now = now
  }

  /** The allowance of somebody, for this moment. */
  peek(key: string): Allowance {
    const known = this.#known.get(key)
    if (known) return known
    if (this.#known.size >= this.#sweepAt) this.#sweep()
    const allowance = new Allowance()
    this.#known.set(key, allowance)
    return allowance
  }

  /** The allowance of a socket that connects. `release` it once when the socket has gone. */
  open(key: string): Allowance {
    const allowance = this.peek(key)
    this.#sockets.set(allowance, (this.#sockets.get(allowance) ?? 0) + 1)
    return allowance
  }

  release(allowance: Allowance): void {
    const left = (this.#sockets.get(allowance) ?? 0) - 1
    if (left > 0) this.#sockets.set(allowance, left)
    else this.#sockets.delete(allowance)
  }

  #sweep(): void {
    const now = this.#now()
    for (const [key, allowance] of this.#known) {
      if (!this.#sockets.has(allowance) && allowance.isUnused(now)) this.#known.delete(key)
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#known.size)
  }
}

/** What all sockets of the server have in use together. */
export class Shared {
  pendingBytes = 0
}
