import type { Perimeter } from './perimeter.js'

/** Seconds for which a browser need not ask again whether it may call. */
const PREFLIGHT_MAX_AGE = 600

type Decide = (err: Error | null, allowed: boolean) => void

/**
 * What browsers are told about calls from other origins: the same for Fastify and Engine.IO.
 * Credentials in the sense of CORS are never allowed: cookies count for nothing (rule DOOR3).
 */
export function corsOptions({ isOpen, admitsOrigin }: Perimeter) {
  return {
    origin: isOpen
      ? '*'
      : (origin: string | undefined, decide: Decide) =>
          decide(null, origin !== undefined && admitsOrigin(origin)),
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
