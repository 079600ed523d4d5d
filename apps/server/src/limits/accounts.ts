import { isIP, isIPv4, SocketAddress } from 'node:net'

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
export function linkOfGuest(id: string): string | undefined {
  return id.startsWith(GUEST_PREFIX) ? /^guest:[^:]*/.exec(id)?.[0] : undefined
}
