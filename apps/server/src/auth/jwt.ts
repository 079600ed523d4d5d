import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { Actor, check, fail, ok, type Result } from '@talus/protocol'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { isReservedId, type Authenticate, type Identity } from '../gate/identity.js'
import type { AuthSettings, KeySource } from './auth-flags.js'
import { isOutage, remoteKeys } from './remote-keys.js'

/** Nothing that a token has to say needs more. */
const MOST_TOKEN_CHARACTERS = 8_192

/** A verification costs some 0.4 ms: those of the last tokens are kept for a while. */
const MOST_VERIFIED = 10_000

/** Milliseconds after which a token is verified again: its key may have been withdrawn. */
const VERIFIED_MS = 10 * 60 * 1_000

type Verified = { identity: Identity & { expires_at: number }; at: number }

type Settings = NonNullable<AuthSettings>

type Services = {
  /** Milliseconds since 1970. */
  clock: () => number
  log: { error: (fields: object, message: string) => void }
}

type Verify = (token: string) => Promise<JWTPayload>

function verifierOf(settings: Settings, clock: () => number): Verify {
  const { keys, issuer, audience, algorithms, clockTolerance } = settings
  const options = () => ({
    algorithms,
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
    currentDate: new Date(clock()),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience.length === 0 ? {} : { audience }),
  })
  if (keys.kind === 'jwks') {
    const keySet = remoteKeys(keys.url, clock)
    return async (token) => (await jwtVerify(token, keySet, options())).payload
  }
  const key = keyOf(keys)
  return async (token) => {
    try {
      return (await jwtVerify(token, key, options())).payload
    } catch (err) {
      // The algorithm of the token is accepted, but not one for this kind of key.
      if (err instanceof TypeError) throw new errors.JWSInvalid(err.message, { cause: err })
      throw err
    }
  }
}

/** Throws when the key cannot be read. */
function keyOf(source: Exclude<KeySource, { kind: 'jwks' }>): Uint8Array | KeyObject {
  if (source.kind === 'secret') return new TextEncoder().encode(source.secret)
  try {
    return createPublicKey(source.pem)
  } catch (cause) {
    throw new Error('--jwt-public-key (TALUS_JWT_PUBLIC_KEY) is no public key in PEM', { cause })
  }
}

function unauthorized(message: string, expected: string): Result<never> {
  return fail('UNAUTHORIZED', message, [{ path: '/token', expected }])
}

/** What is wrong with a token, without repeating any of it. */
function refusalOf(err: unknown): Result<never> | undefined {
  if (err instanceof errors.JWTExpired) {
    return unauthorized('The token has expired', 'a token that is valid now')
  }
  if (err instanceof errors.JWTClaimValidationFailed) {
    const { claim } = err
    return unauthorized(`The claim '${claim}' of the token is not accepted`, `another '${claim}'`)
  }
  if (!isOutage(err)) {
    return unauthorized('The token is not valid', 'a signed JSON Web Token of the issuer')
  }
  return undefined
}

function identityOf(payload: JWTPayload, admins: ReadonlySet<string>): Result<Identity> {
  const { sub, name, exp } = payload
  const named = typeof name === 'string' && name !== '' ? { name: name.slice(0, 256) } : {}
  const full = check(Actor, { id: sub, ...named })
  // A name that cannot be shown is no reason to refuse its bearer.
  const actor = full.ok ? full : check(Actor, { id: sub })
  if (!actor.ok || isReservedId(actor.value.id)) {
    return unauthorized("The claim 'sub' of the token is not accepted", 'the id of an actor')
  }
  const identity: Identity = { actor: actor.value, admin: admins.has(actor.value.id) }
  if (exp !== undefined) identity.expires_at = exp * 1_000
  return ok(identity)
}

/**
 * Verifies JSON Web Tokens: signature by one of the algorithms that are pinned, issuer, audience,
 * time. `sub` becomes the actor, `name` its name. Throws when the key cannot be used. Errors:
 * UNAUTHORIZED, OVERLOADED when the keys of the issuer cannot be fetched.
 */
export function jwtAuthentication(settings: Settings, { clock, log }: Services): Authenticate {
  const verify = verifierOf(settings, clock)
  const admins = new Set(settings.admins)
  const tolerance = settings.clockTolerance * 1_000
  const verified = new Map<string, Verified>()
  let logged: unknown

  /** The identity that a token gave a short while ago, if it still does. */
  function recall(key: string): Identity | undefined {
    const known = verified.get(key)
    const now = clock()
    // A clock may jump either way.
    const isRecent = known && Math.abs(now - known.at) < VERIFIED_MS
    if (isRecent && known.identity.expires_at > now) return known.identity
    verified.delete(key)
    return undefined
  }

  function remember(key: string, identity: Verified['identity']): void {
    const [oldest] = verified.keys()
    if (verified.size >= MOST_VERIFIED && oldest !== undefined) verified.delete(oldest)
    verified.set(key, { identity, at: clock() })
  }

  return async ({ token }) => {
    if (token === undefined) return unauthorized('Authentication is required', 'a token')
    if (token.length > MOST_TOKEN_CHARACTERS) {
      return unauthorized('The token is too long', `at most ${MOST_TOKEN_CHARACTERS} characters`)
    }
    const key = createHash('sha256').update(token).digest('base64')
    const known = recall(key)
    if (known) return ok(known)
    try {
      const identity = identityOf(await verify(token), admins)
      if (!identity.ok) return identity
      // The tolerance of the clocks counts for live connections as well.
      const { expires_at = 0 } = identity.value
      const lasting = { ...identity.value, expires_at: expires_at + tolerance }
      remember(key, lasting)
      return ok(lasting)
    } catch (err) {
      const refused = refusalOf(err)
      if (refused) return refused
      // An outage is one line, however many tokens it keeps out.
      if (err !== logged) log.error({ err }, 'tokens cannot be verified')
      logged = err
      return fail('OVERLOADED', 'Tokens cannot be verified now; try again in a moment')
    }
  }
}
