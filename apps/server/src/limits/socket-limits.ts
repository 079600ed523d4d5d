import type { Failure } from '@talus/protocol'
import { beyond, Budget, type Rate, rateLimited } from './rate.js'
import type { SharedRate, Use } from './shared-rates.js'

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

  /** One of the rates of an allowance, as it is used on several servers. */
  shared(of: 'messages' | 'joins' | 'bytes', rate: Rate): SharedRate {
    const used = (least: number) => this.#usedOf(of, least)
    const hear = (key: string, cost: number) => this.peek(key)[of].hear(rate, this.#now(), cost)
    return { what: `${of} of sockets`, rate, used, hear }
  }

  *#usedOf(of: 'messages' | 'joins' | 'bytes', least: number): Iterable<Use> {
    for (const [key, allowance] of this.#known) {
      const used = allowance[of].used()
      if (used >= least && used > 0) yield [key, used]
    }
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
export class SharedAllowance {
  pendingBytes = 0
}

/**
 * What one socket may send, and its user over all sockets; `messages` are those that are no
 * commands. Of requests without an answer: how many of a socket, how many bytes of a user and of all.
 */
type SocketRates = {
  messages: Rate
  commands: Rate
  userMessages: Rate
  pending: number
  userPendingBytes: number
  allPendingBytes: number
}

/** Whom a socket counts for, beside itself. */
type MeteredFor = { user: Allowance; all: SharedAllowance }

/** A message that is no command counts one, and one more for each so many characters. */
const MESSAGE_SHARE = 4_096

/** How long somebody is asked to wait for answers before the next request. */
const ANSWER_WAIT_MS = 100

/** Refusals that are told where there is no acknowledgement to answer by: others are left out. */
const ERRORS: Rate = { perSecond: 10, burst: 100 }

/** Of refusals for the rate, one a second is enough. */
const TELL_AGAIN_MS = 1_000

/** Of the messages that a socket may send, what it may go on to send when they are refused. */
const DROPPED_SHARE = 0.1

function waitForAnswers(most: string): Failure {
  const asked = { hint: 'wait for answers', retry_after_ms: ANSWER_WAIT_MS }
  return beyond('RATE_LIMITED', most, asked)
}

/** What one socket has sent, and what of it is not answered yet (rules LIM6, LIM7, LIM31). */
export class SocketMeter {
  readonly #rates: SocketRates
  readonly #now: () => number
  readonly #messages = new Budget()
  readonly #commands = new Budget()
  readonly #dropped = new Budget()
  readonly #errors = new Budget()
  readonly #user: Allowance
  readonly #all: SharedAllowance
  #pending = 0
  #toldAt = -Infinity

  constructor(rates: SocketRates, now: () => number, { user, all }: MeteredFor) {
    this.#rates = rates
    this.#now = now
    this.#user = user
    this.#all = all
  }

  /** Counts a message of so many bytes. A refusal when it is one too many: RATE_LIMITED. */
  take(isCommand: boolean, bytes: number): Failure | undefined {
    const { commands, pending, userPendingBytes, allPendingBytes } = this.#rates
    if (this.#pending >= pending) {
      return waitForAnswers(`${pending.toLocaleString('en')} requests without an answer`)
    }
    // One alone is always taken: it is bounded by itself.
    const { pendingBytes } = this.#user
    const isTooMuch =
      pendingBytes > 0 &&
      (pendingBytes + bytes > userPendingBytes || this.#all.pendingBytes + bytes > allPendingBytes)
    if (isTooMuch) {
      const most = userPendingBytes.toLocaleString('en')
      return waitForAnswers(`${most} bytes of requests of a user without an answer`)
    }
    if (!isCommand) return this.#takeMessage(bytes)
    const wait = this.#spend(this.#commands, commands)
    return wait === 0 ? undefined : rateLimited('commands of a socket', commands, wait)
  }

  #takeMessage(bytes: number): Failure | undefined {
    const { messages, userMessages } = this.#rates
    const wait = this.#spend(this.#messages, messages)
    if (wait > 0) return rateLimited('messages of a socket', messages, wait)
    const cost = 1 + Math.floor(bytes / MESSAGE_SHARE)
    const longer = this.#spend(this.#user.messages, userMessages, cost)
    return longer === 0 ? undefined : rateLimited('messages of a user', userMessages, longer)
  }

  /** A request of so many bytes waits for its answer from now on. */
  begin(bytes: number): void {
    this.#pending += 1
    this.#user.pendingBytes += bytes
    this.#all.pendingBytes += bytes
  }

  /** A request that has begun is answered. */
  end(bytes: number): void {
    this.#pending -= 1
    this.#user.pendingBytes -= bytes
    this.#all.pendingBytes -= bytes
  }

  /** Counts a refusal that nobody is told of; false when there are so many that it is a flood. */
  mayDrop(): boolean {
    const { perSecond, burst } = this.#rates.messages
    return this.#spend(this.#dropped, { perSecond: DROPPED_SHARE * perSecond, burst }) === 0
  }

  /** Whether a refusal without acknowledgement is to be told: answers to a flood are a flood. */
  mayTell(): boolean {
    return this.#errors.take(ERRORS, this.#now()) === 0
  }

  /** The same for a refusal that `take` gave. */
  mayTellAgain(): boolean {
    const now = this.#now()
    if (now - this.#toldAt < TELL_AGAIN_MS) return false
    this.#toldAt = now
    return true
  }

  #spend(budget: Budget, rate: Rate, cost = 1): number {
    return rate.perSecond === Infinity ? 0 : budget.take(rate, this.#now(), cost)
  }
}
