import type { Failure } from '@talus/protocol'
import { GUEST_PREFIX } from './identity.js'
import type { Allowance, Shared } from '../limits/allowances.js'
import { Budget, Budgets, type Rate } from './rate.js'

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

/** A rate that many have, each for itself. */
export class RateLimit {
  readonly #budgets: Budgets
  readonly #what: string

  constructor(what: string, rate: Rate, now: () => number) {
    this.#what = what
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

  #refusal(wait: number): Failure | undefined {
    return wait === 0 ? undefined : rateLimited(this.#what, this.#budgets.rate, wait)
  }
}

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

/**
 * What one socket may send, and its user over all sockets; `messages` are those that are no
 * commands. Of requests without an answer: how many of a socket, how many bytes of a user and of all.
 */
export type SocketRates = {
  messages: Rate
  commands: Rate
  userMessages: Rate
  pending: number
  userPendingBytes: number
  allPendingBytes: number
}

/** Whom a socket counts for, beside itself. */
export type Counted = { user: Allowance; all: Shared }

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

function waitForAnswers(expected: string): Failure {
  return {
    code: 'RATE_LIMITED',
    message: `Expected ${expected}`,
    details: [{ path: '', expected, hint: 'wait for answers' }],
    retry_after_ms: ANSWER_WAIT_MS,
  }
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
  readonly #all: Shared
  #pending = 0
  #toldAt = -Infinity

  constructor(rates: SocketRates, now: () => number, { user, all }: Counted) {
    this.#rates = rates
    this.#now = now
    this.#user = user
    this.#all = all
  }

  /** Counts a message of so many bytes. A refusal when it is one too many: RATE_LIMITED. */
  take(isCommand: boolean, bytes: number): Failure | undefined {
    const { commands, pending, userPendingBytes, allPendingBytes } = this.#rates
    if (this.#pending >= pending) {
      return waitForAnswers(`at most ${pending.toLocaleString('en')} requests without an answer`)
    }
    // One alone is always taken: it is bounded by itself.
    const { pendingBytes } = this.#user
    const isTooMuch =
      pendingBytes > 0 &&
      (pendingBytes + bytes > userPendingBytes || this.#all.pendingBytes + bytes > allPendingBytes)
    if (isTooMuch) {
      const most = userPendingBytes.toLocaleString('en')
      return waitForAnswers(`at most ${most} bytes of requests of a user without an answer`)
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
