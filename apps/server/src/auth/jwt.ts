import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { Actor, check, fail, ok, type Result } from '@talus/protocol'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose'
import type { AuthSettings, KeySource } from '../config/auth.js'
import { Budget, type Rate } from '../limits/rate.js'
import { type Authenticate, type Identity, isReservedId } from './identity.js'

/** Nothing that a token has to say needs more. */
const MOST_TOKEN_CHARACTERS = 8_192

/** A verification costs some 0.4 ms: those of the last tokens are kept for a while. */
const MOST_VERIFIED = 10_000

/** Milliseconds after which a token is verified again: its key may have been withdrawn. */
const VERIFIED_MS = 10 * 60 * 1_000

type Verified = { identity: Identity & { expires_at: number }; at: number }

type JwtSettings = NonNullable<AuthSettings>

type JwtServices = {
  /** Milliseconds since 1970. */
  clock: () => number
  log: { error: (fields: object, message: string) => void }
}

type Verify = (token: string) => Promise<JWTPayload>

function verifierOf(settings: JwtSettings, clock: () => number): Verify {
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

/** `actual` says what is wrong with the token in words of this file: nothing that it contains. */
function unauthorized(message: string, expected: string, actual?: string): Result<never> {
  const detail = { path: '/token', expected }
  return fail('UNAUTHORIZED', message, [actual === undefined ? detail : { ...detail, actual }])
}

/** Why a claim is not accepted, by its name: jose refuses only those that are listed here. */
const CLAIMS: Record<string, [message: string, expected: string, actual: string]> = {
  nbf: ['The token is not valid yet', 'a token that is valid now', 'not valid yet'],
  aud: ['The token is for another audience', 'a token for this server (aud)', 'wrong audience'],
  iss: ['The token is of another issuer', "a token of this server's issuer (iss)", 'wrong issuer'],
  exp: ['The token does not say when it expires', 'a number of seconds (exp)', 'no exp'],
  sub: ['The token does not say whose it is', 'the id of an actor (sub)', 'no sub'],
}

/** What is wrong with a token, without repeating any of it. */
function refusalOf(err: unknown): Result<never> | undefined {
  const signed = 'a signed JSON Web Token of the issuer'
  if (err instanceof errors.JWTExpired) {
    return unauthorized('The token has expired', 'a token that is valid now', 'expired')
  }
  if (err instanceof errors.JWTClaimValidationFailed) {
    const { claim } = err
    const why = CLAIMS[claim]
    if (why) return unauthorized(...why)
    return unauthorized(`The claim '${claim}' of the token is not accepted`, `another '${claim}'`)
  }
  if (err instanceof errors.JWKSNoMatchingKey) {
    const expected = 'a token that is signed with a key of the issuer'
    return unauthorized('The key of the token is not known', expected, 'unknown key')
  }
  if (err instanceof errors.JWSSignatureVerificationFailed) {
    return unauthorized('The signature of the token is wrong', signed, 'bad signature')
  }
  if (err instanceof errors.JOSEAlgNotAllowed) {
    const expected = 'one of the algorithms that this server accepts'
    return unauthorized('The algorithm of the token is not accepted', expected, 'other algorithm')
  }
  if (!isOutage(err)) return unauthorized('The token is not valid', signed, 'malformed')
  return undefined
}

/** The key may be a new one of the issuer's: nobody is refused for good until that is known. */
function notYetKnown({ retry_after_ms }: KeysJustFetched): Result<never> {
  const message = 'The key of the token is not known yet; try again in a moment'
  return { ok: false, error: { code: 'OVERLOADED', message, retry_after_ms } }
}

function identityOf(payload: JWTPayload, admins: ReadonlySet<string>): Result<Identity> {
  const { sub, name, exp } = payload
  const named = typeof name === 'string' && name !== '' ? { name: name.slice(0, 256) } : {}
  const full = check(Actor, { id: sub, ...named })
  // A name that cannot be shown is no reason to refuse its bearer.
  const actor = full.ok ? full : check(Actor, { id: sub })
  if (!actor.ok || isReservedId(actor.value.id)) {
    const message = "The claim 'sub' of the token is not accepted"
    return unauthorized(message, 'the id of an actor', 'wrong sub')
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
export function jwtAuthentication(
  settings: JwtSettings,
  { clock, log }: JwtServices,
): Authenticate {
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
      const expected = `at most ${MOST_TOKEN_CHARACTERS} characters`
      return unauthorized('The token is too long', expected, 'too long')
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
      if (err instanceof KeysJustFetched) return notYetKnown(err)
      const refused = refusalOf(err)
      if (refused) return refused
      // An outage is one line, however many tokens it keeps out.
      if (err !== logged) log.error({ err }, 'tokens cannot be verified')
      logged = err
      return fail('OVERLOADED', 'Tokens cannot be verified now; try again in a moment')
    }
  }
}

/** Milliseconds that the issuer has to answer. */
const TIMEOUT_MS = 5_000

/** Milliseconds for which an issuer that did not answer is not asked again. */
const PAUSE_MS = 2_000

/** How often tokens that name an unknown key make the server ask for the keys anew. */
const ANEW: Rate = { perSecond: 0.5, burst: 5 }

/** Bytes of a key set: some hundreds of keys. */
const MOST_BYTES = 1024 * 1024

/** Reads no more than is needed to know that it is too much. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES)
      throw new errors.JWKSInvalid(`The key set has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Whether a key is new or none cannot be told now: the keys were fetched a moment ago. */
class KeysJustFetched extends Error {
  readonly retry_after_ms: number

  constructor(retry_after_ms: number) {
    super('The key of the token is not among those that were fetched a moment ago')
    this.retry_after_ms = Math.ceil(retry_after_ms)
  }
}

/**
 * The public keys of an issuer, fetched when a token names one that is not known, and again after
 * ten minutes: a key that the issuer has withdrawn counts no longer then. An issuer that does not
 * answer is left alone for a moment: the same error is thrown again, however many tokens come. Nor do
 * tokens that name keys at random make it be asked more often than it likes: KeysJustFetched.
 */
function remoteKeys(url: string, clock: () => number): JWTVerifyGetKey {
  let failed: { at: number; err: unknown } | undefined
  const asked = new Budget()

  async function fetchKeys(...[from, options]: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(from, options)
    if (response.status === 200) return new Response(await textOf(response))
    await response.body?.cancel()
    return response
  }

  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    // The budget says when keys are fetched anew for an unknown key.
    cooldownDuration: Infinity,
    [customFetch]: async (from, options) => {
      // A clock may jump either way.
      if (failed && Math.abs(clock() - failed.at) < PAUSE_MS) throw failed.err
      failed = undefined
      return fetchKeys(from, options)
    },
  })

  async function fetchAnew(): Promise<void> {
    const wait = keys.reloading ? 0 : asked.take(ANEW, performance.now())
    if (wait > 0) throw new KeysJustFetched(wait)
    await keys.reload()
  }

  return async (header, token) => {
    try {
      // The keys may be fetched right here, for the first time or because they are old.
      const before = keys.fresh
      try {
        return await keys(header, token)
      } catch (err) {
        if (!before || !(err instanceof errors.JWKSNoMatchingKey)) throw err
        await fetchAnew()
        return await keys(header, token)
      }
    } catch (err) {
      if (!failed && isOutage(err)) failed = { at: clock(), err }
      throw err
    }
  }
}

/** Whether the keys could not be had, or are none: the token may be as good as any. */
function isOutage(err: unknown): boolean {
  const codes = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']
  if (err instanceof KeysJustFetched) return false
  return !(err instanceof errors.JOSEError) || codes.includes(err.code)
}
