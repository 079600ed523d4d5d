import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '@talus/protocol'
import { countOf, type Flag, type FlagGroup, type Given, invalid, listOf } from './flag.js'

/** What tokens are verified with. */
export type KeySource =
  | { kind: 'secret'; secret: string }
  | { kind: 'public-key'; pem: string }
  | { kind: 'jwks'; url: string }

/** How callers prove who they are; null: not at all, which is for development. */
export type AuthSettings = {
  keys: KeySource
  issuer: string | undefined
  audience: string[]
  algorithms: string[]
  /** Seconds that clocks may differ by. */
  clockTolerance: number
  /** Ids of those who own every session. */
  admins: string[]
} | null

const SYMMETRIC = ['HS256', 'HS384', 'HS512']
const ASYMMETRIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/** RFC 7518, section 3.2: a key as long as the hash at least. */
const LEAST_SECRET_BYTES = 32

const MOST_TOLERANCE = 300

const FLAGS = {
  secret: {
    name: 'jwt-secret',
    variable: 'TALUS_JWT_SECRET',
    fallback: undefined,
    argument: 'TEXT',
    help: 'secret that tokens are signed with, at least 32 bytes; prefer the variable',
  },
  publicKey: {
    name: 'jwt-public-key',
    variable: 'TALUS_JWT_PUBLIC_KEY',
    fallback: undefined,
    argument: 'FILE',
    help: 'public key that tokens are verified with, PEM (SPKI)',
  },
  jwksUrl: {
    name: 'jwks-url',
    variable: 'TALUS_JWKS_URL',
    fallback: undefined,
    argument: 'URL',
    help: 'URL of the public keys of the issuer, https or on this machine',
  },
  issuer: {
    name: 'jwt-issuer',
    variable: 'TALUS_JWT_ISSUER',
    fallback: undefined,
    argument: 'TEXT',
    help: 'the only issuer (iss) whose tokens are accepted',
  },
  audience: {
    name: 'jwt-audience',
    variable: 'TALUS_JWT_AUDIENCE',
    fallback: undefined,
    argument: 'LIST',
    help: 'accepted audiences (aud) of tokens, comma-separated',
  },
  algorithms: {
    name: 'jwt-algorithms',
    variable: 'TALUS_JWT_ALGORITHMS',
    fallback: undefined,
    argument: 'LIST',
    help: 'accepted algorithms; HS256 for a secret, RS256,ES256,PS256,EdDSA for keys',
  },
  clockTolerance: {
    name: 'jwt-clock-tolerance',
    variable: 'TALUS_JWT_CLOCK_TOLERANCE',
    fallback: '5',
    argument: 'SECONDS',
    help: 'accepted difference of clocks, at most 300',
  },
  admins: {
    name: 'admins',
    variable: 'TALUS_ADMINS',
    fallback: undefined,
    argument: 'LIST',
    help: 'ids (sub) of administrators, who own every session, comma-separated',
  },
} as const satisfies Record<string, Flag>

function keysOf(given: Given): Result<KeySource | null> {
  const sources = [FLAGS.secret, FLAGS.publicKey, FLAGS.jwksUrl].filter(
    (flag) => given(flag) !== '',
  )
  if (sources.length > 1) {
    const names = sources.map(({ name }) => `--${name}`).join(' and ')
    return fail('BAD_REQUEST', `${names} are given: expected one source of keys`)
  }
  const [source] = sources
  if (source === FLAGS.secret) return secretOf(given)
  if (source === FLAGS.publicKey) return publicKeyOf(given)
  return source === FLAGS.jwksUrl ? jwksOf(given) : ok(null)
}

function secretOf(given: Given): Result<KeySource> {
  const secret = given(FLAGS.secret)
  if (Buffer.byteLength(secret) >= LEAST_SECRET_BYTES) return ok({ kind: 'secret', secret })
  // Not `invalid`, which would repeat it.
  const { name, variable } = FLAGS.secret
  const expected = `at least ${LEAST_SECRET_BYTES} bytes`
  return fail('BAD_REQUEST', `--${name} (${variable}) is too short: expected ${expected}`)
}

function publicKeyOf(given: Given): Result<KeySource> {
  const file = given(FLAGS.publicKey)
  try {
    return ok({ kind: 'public-key', pem: readFileSync(file, 'utf8') })
  } catch {
    // The operator reads which file it is, and can look why.
    return invalid(FLAGS.publicKey, file, 'a file that can be read')
  }
}

function jwksOf(given: Given): Result<KeySource> {
  const url = given(FLAGS.jwksUrl)
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(parsed?.hostname ?? '')
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && local)) {
    return ok({ kind: 'jwks', url })
  }
  return invalid(FLAGS.jwksUrl, url, 'an https URL, or one of this machine')
}

/** The kind of key and the algorithms agree: a public key must never pass for a secret. */
function algorithmsOf(given: Given, keys: KeySource): Result<string[]> {
  const fallback = keys.kind === 'secret' ? ['HS256'] : ['RS256', 'ES256', 'PS256', 'EdDSA']
  const wanted = listOf(FLAGS.algorithms, given)
  const known = keys.kind === 'secret' ? SYMMETRIC : ASYMMETRIC
  if (wanted.length === 0) return ok(fallback)
  if (wanted.every((name) => known.includes(name))) return ok(wanted)
  return invalid(FLAGS.algorithms, given(FLAGS.algorithms), `some of ${known.join(', ')}`)
}

function read(given: Given): Result<AuthSettings> {
  const keys = keysOf(given)
  if (!keys.ok) return keys
  if (keys.value === null) return withoutKeys(given)
  const algorithms = algorithmsOf(given, keys.value)
  if (!algorithms.ok) return algorithms
  const tolerance = countOf(FLAGS.clockTolerance, given, { least: 0, most: MOST_TOLERANCE })
  if (!tolerance.ok) return tolerance
  return ok({
    keys: keys.value,
    issuer: given(FLAGS.issuer) || undefined,
    audience: listOf(FLAGS.audience, given),
    algorithms: algorithms.value,
    clockTolerance: tolerance.value,
    admins: listOf(FLAGS.admins, given),
  })
}

/** What needs keys and is given without them is a mistake that would leave the server open. */
function withoutKeys(given: Given): Result<null> {
  const { issuer, audience, algorithms, admins } = FLAGS
  const pointless = [issuer, audience, algorithms, admins].find((flag) => given(flag) !== '')
  if (!pointless) return ok(null)
  const sources = `--${FLAGS.secret.name}, --${FLAGS.publicKey.name} or --${FLAGS.jwksUrl.name}`
  return invalid(pointless, given(pointless), `nothing without ${sources}`)
}

export const AUTH_FLAGS: FlagGroup<AuthSettings, typeof FLAGS> = {
  title: 'Authentication (JSON Web Tokens; switched off without a source of keys)',
  flags: FLAGS,
  read,
}
