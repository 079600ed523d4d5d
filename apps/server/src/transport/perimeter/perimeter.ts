import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Failure } from '@talus/protocol'
import type { Allowed } from '../../config/network-flags.js'
import { isLoopback } from '../../config/loopback.js'
import { repeatedHeader } from './single-headers.js'

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
export function hostsOf(allowed: Allowed): (host: string | undefined) => boolean {
  if (allowed === '*') return () => true
  const hosts = new Set(Array.isArray(allowed) ? allowed : [])
  return (host = '') => {
    const name = withoutPort(host).toLowerCase()
    return isLoopback(name) || hosts.has(name)
  }
}

type Settings = {
  corsOrigins: Allowed
  allowedHosts: Allowed
  /** Whether callers prove who they are. */
  authenticated: boolean
}

export function createPerimeter(settings: Settings): Perimeter {
  const { corsOrigins, allowedHosts, authenticated } = settings
  const origins = new Set(Array.isArray(corsOrigins) ? corsOrigins : [])
  const admitsHost = hostsOf(allowedHosts)

  function admitsOrigin(origin: string): boolean {
    if (corsOrigins === '*') return true
    return corsOrigins === 'local' ? isLocalOrigin(origin) : origins.has(origin)
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
