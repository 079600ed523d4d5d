import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import type { Failure } from '@talus/protocol'
import { isLoopback } from '../config/network.js'
import { type AllowedNames, LOCAL } from '../config/network.js'
import { canonicalAddress } from '../limits/accounts.js'

/**
 * Decides, before anything else is looked at, whether a request may come in at all: by the name that
 * it calls the server by, and by the page that it comes from (rules DOOR1, DOOR2). It holds for
 * REST, polling and WebSocket alike; CORS alone would hold for none of them, as it only hides
 * answers.
 */
export type Perimeter = {
  /** Undefined: it may come in. Errors: FORBIDDEN; BAD_REQUEST where a header has several values. */
  refusal: (request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>) => Failure | undefined
  /** Whether pages of this origin may read answers. */
  admitsOrigin: (origin: string) => boolean
  /** Whether pages of every origin may. */
  isOpen: boolean
}

const FOREIGN_ORIGIN: Failure = {
  code: 'FORBIDDEN',
  message: 'Pages of this origin may not call this server',
  details: [
    {
      path: '/headers/origin',
      expected: 'an origin that the server allows',
      hint: 'The operator allows origins with --cors-origins (TALUS_CORS_ORIGINS)',
    },
  ],
}

const FOREIGN_HOST: Failure = {
  code: 'FORBIDDEN',
  message: 'This server does not answer to this name',
  details: [
    {
      path: '/headers/host',
      expected: 'a name that the server answers to, e.g. localhost',
      hint: 'The operator allows names with --allowed-hosts (TALUS_ALLOWED_HOSTS)',
    },
  ],
}

/** `[::1]:5000` is `[::1]`. */
function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '')
}

function isLocalOrigin(origin: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false
  return isLoopback(new URL(origin).hostname)
}

/** A page of another site cannot make a browser call the server by one of these names. */
export function hostsOf(allowed: AllowedNames): (host: string | undefined) => boolean {
  if (allowed === '*') return () => true
  const hosts = new Set(allowed)
  return (host = '') => {
    const name = withoutPort(host).toLowerCase()
    return isLoopback(name) || hosts.has(name)
  }
}

type PerimeterSettings = {
  corsOrigins: AllowedNames
  allowedHosts: AllowedNames
  /** Whether callers prove who they are. */
  authenticated: boolean
}

export function createPerimeter(settings: PerimeterSettings): Perimeter {
  const { corsOrigins, allowedHosts, authenticated } = settings
  const origins = new Set(corsOrigins)
  const admitsHost = hostsOf(allowedHosts)

  function admitsOrigin(origin: string): boolean {
    if (corsOrigins === '*') return true
    return origins.has(origin) || (origins.has(LOCAL) && isLocalOrigin(origin))
  }

  /**
   * A page that this server itself has served, e.g. its documentation. Where nobody proves anything
   * and every name is answered, only addresses count: a name may be bent here by its owner.
   */
  function isOwnPage(origin: string, host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(origin)) return false
    const { host: place, hostname } = new URL(origin)
    if (place !== host.toLowerCase()) return false
    const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
    return authenticated || allowedHosts !== '*' || isAddress || isLoopback(hostname)
  }

  return {
    admitsOrigin,
    isOpen: corsOrigins === '*',
    refusal({ headers: { host, origin }, rawHeaders }) {
      const repeated = repeatedHeader(rawHeaders)
      if (repeated) return repeated
      if (!admitsHost(host)) return FOREIGN_HOST
      const isWelcome = origin === undefined || admitsOrigin(origin) || isOwnPage(origin, host)
      return isWelcome ? undefined : FOREIGN_ORIGIN
    },
  }
}

/**
 * Headers of which a request has one at most. Node keeps the first of some and joins others, while a
 * proxy in front may go by the last: each would see another request. `X-Forwarded-For` is none of
 * them: it is a list, and several lines of it are the same list (RFC 9110, section 5.3).
 */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'origin',
  'content-length',
  'content-type',
  'x-share-token',
  'x-guest-token',
  'x-session-id',
  'x-actor-id',
  'x-actor-name',
])

function repeated(name: string): Failure {
  const hint = `several values of ${name} can be read in different ways`
  return {
    code: 'BAD_REQUEST',
    message: `The header ${name} is there more than once`,
    details: [{ path: `/headers/${name}`, expected: 'the header once', hint }],
  }
}

/** `raw`: names and values in turn, as they came in. Errors: BAD_REQUEST. */
export function repeatedHeader(raw: readonly string[]): Failure | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? ''
    if (!SINGLE.has(name)) continue
    if (seen.has(name)) return repeated(name)
    seen.add(name)
  }
  return undefined
}

/** Seconds for which a browser need not ask again whether it may call. */
const PREFLIGHT_MAX_AGE = 600

type Decide = (err: Error | null, allowed: boolean) => void

/**
 * What browsers are told about calls from other origins: the same for Fastify and Engine.IO. Pages of
 * origins that the operator names may send cookies along: a proxy in front may need one to find the
 * server, although it counts for nothing here (rule DOOR3). Where every origin may call, none may:
 * behind a proxy that signs people in by cookie, any page could act for them.
 */
export function corsOptions({ isOpen, admitsOrigin }: Perimeter) {
  return {
    origin: isOpen
      ? '*'
      : (origin: string | undefined, decide: Decide) =>
          decide(null, origin !== undefined && admitsOrigin(origin)),
    credentials: !isOpen,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'if-none-match',
      'x-actor-id',
      'x-actor-name',
      'x-guest-token',
      'x-session-id',
      'x-share-token',
    ],
    exposedHeaders: [
      'etag',
      'retry-after',
      'x-guest-token',
      'x-talus-contract-hash',
      'x-talus-protocol-version',
    ],
    maxAge: PREFLIGHT_MAX_AGE,
  }
}

/** The address that a request comes from, in one spelling, as far as it can be known. */
export type AddressOf = (request: IncomingMessage) => string

function addressOfPeer({ socket }: IncomingMessage): string {
  const { remoteAddress = '' } = socket
  return isIPv4(remoteAddress) ? remoteAddress : (canonicalAddress(remoteAddress) ?? '')
}

/** The entries of `X-Forwarded-For`, the one that the nearest proxy wrote first. */
function forwardedFor({ headers }: IncomingMessage): string[] {
  const value = headers['x-forwarded-for'] ?? ''
  const entries = (Array.isArray(value) ? value.join(',') : value).split(',')
  return entries.filter((entry) => entry.trim() !== '').toReversed()
}

/**
 * Behind proxies that are trusted, the address is the last one in `X-Forwarded-For` that is none of
 * them: the first that the client cannot have made up. A text that is no address counts as the proxy
 * that wrote it. Requests, sockets, logs and limits go by this same rule.
 */
export function addressing(trusted: readonly string[]): AddressOf {
  if (trusted.length === 0) return addressOfPeer
  const isTrusted = proxyAddr.compile([...trusted])
  return (request) => {
    let known = addressOfPeer(request)
    if (known === '' || !isTrusted(known, 0)) return known
    for (const [index, entry] of forwardedFor(request).entries()) {
      const address = canonicalAddress(entry)
      if (address === undefined) return known
      known = address
      if (!isTrusted(address, index + 1)) return known
    }
    return known
  }
}
