import { isIP, isIPv4, SocketAddress } from 'node:net'
import type { Failure } from '@talus/protocol'
import type { RateLimit } from './rate.js'

const MAPPED = '::ffff:'

/** `203.0.113.7:4000`, `[2001:db8::7]:4000` and `"[2001:db8::7]"`: proxies write all of them. */
function withoutPort(text: string): string {
  const [, bracketed] = /^"?\[([^\]]+)\](?::\d+)?"?$/.exec(text) ?? []
  const [, plain] = /^"?([\d.]+)(?::\d+)?"?$/.exec(text) ?? []
  return bracketed ?? plain ?? text
}

/**
 * The one spelling of an address: IPv6 in lower case and short, without its zone; IPv4 within IPv6
 * as IPv4. Undefined: the text is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  const [address = ''] = withoutPort(text.trim()).split('%')
  const family = isIP(address)
  if (family === 4) return address
  if (family === 0) return undefined
  const short = new SocketAddress({ address, family: 'ipv6' }).address.toLowerCase()
  const inner = short.startsWith(MAPPED) ? short.slice(MAPPED.length) : ''
  return isIPv4(inner) ? inner : short
}

/** Groups of 16 bits in an IPv6 address, and those that name the network of one customer (/64). */
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * What limits by address count: an IPv4 address, or the /64 of an IPv6 address, of which a single
 * customer has 2^64.
 */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, GROUPS - before.length - after.length)).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(':')}::/64`
}

/** What a request or a message came with. */
type Origin = {
  identity: { actor: { id: string }; guest?: boolean }
  authenticated: boolean
  address: string
}

/** Who is charged: the user, or the network of the address when nobody has proven to be somebody. */
export function chargedFor({ identity, authenticated, address }: Origin): string {
  const isUser = authenticated && identity.guest !== true
  return isUser ? `user ${identity.actor.id}` : `address ${networkOf(address)}`
}

/** What the ids of those begin with for whom nothing but a share link speaks. */
export const GUEST_PREFIX = 'guest:'

/** What all guests of a link have in common, of the id of one; undefined: it is no guest's. */
function linkOfGuest(id: string): string | undefined {
  return id.startsWith(GUEST_PREFIX) ? /^guest:[^:]*/.exec(id)?.[0] : undefined
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
