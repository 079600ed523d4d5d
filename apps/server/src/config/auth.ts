import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '@talus/protocol'
import { count, type Given, invalid, list, parsed, readGroup, REDACTED, text } from './setting.js'

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

function secretOf(secret: string): KeySource | undefined {
  return Buffer.byteLength(secret) >= LEAST_SECRET_BYTES ? { kind: 'secret', secret } : undefined
}

function publicKeyOf(file: string): KeySource | undefined {
  try {
    return { kind: 'public-key', pem: readFileSync(file, 'utf8') }
  } catch {
    // The operator reads which file it is, and can look why.
    return undefined
  }
}

function jwksOf(url: string): KeySource | undefined {
  const { protocol, hostname = '' } = URL.canParse(url) ? new URL(url) : {}
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLocal)
  return isSafe ? { kind: 'jwks', url } : undefined
}

export const AUTH = {
  secret: parsed(
    'jwt-secret TEXT',
    undefined,
    'shared secret of the tokens, at least 32 bytes; prefer the variable',
    { parse: secretOf, expected: `at least ${LEAST_SECRET_BYTES} bytes`, ...REDACTED },
  ),
  publicKey: parsed(
    'jwt-public-key FILE',
    undefined,
    'public key that verifies the tokens, PEM (SPKI)',
    { parse: publicKeyOf, expected: 'a file that can be read' },
  ),
  jwksUrl: parsed(
    'jwks-url URL',
    undefined,
    'URL of the public keys of the issuer; https, or http on this machine',
    { parse: jwksOf, expected: 'an https URL, or one of this machine' },
  ),
  issuer: text('jwt-issuer TEXT', undefined, 'required issuer (iss) of tokens'),
  audience: list('jwt-audience LIST', 'accepted audiences (aud) of tokens, comma-separated'),
  algorithms: list(
    'jwt-algorithms LIST',
    'accepted algorithms; default HS256 for a secret, RS256,ES256,PS256,EdDSA for public keys',
  ),
  clockTolerance: count(
    'jwt-clock-tolerance SECONDS',
    '5',
    'accepted clock difference, at most 300',
    { most: 300 },
  ),
  admins: list(
    'admins LIST',
    'ids (sub) of administrators, comma-separated; they own every session',
  ),
}

/** The kind of key and the algorithms agree: a public key must never pass for a secret. */
function algorithmsOf(given: Given, wanted: string[], isSecret: boolean): Result<string[]> {
  const known = isSecret ? SYMMETRIC : ASYMMETRIC
  if (wanted.length === 0) return ok(isSecret ? ['HS256'] : ['RS256', 'ES256', 'PS256', 'EdDSA'])
  if (wanted.every((name) => known.includes(name))) return ok(wanted)
  return invalid(AUTH.algorithms, given(AUTH.algorithms), `some of ${known.join(', ')}`)
}

export function readAuth(given: Given): Result<AuthSettings> {
  const { secret, publicKey, jwksUrl } = AUTH
  const sources = [secret, publicKey, jwksUrl].filter((setting) => given(setting) !== '')
  if (sources.length > 1) {
    const names = sources.map(({ flag }) => `--${flag}`).join(' and ')
    return fail('BAD_REQUEST', `${names} are given: expected one source of keys`)
  }
  const read = readGroup(AUTH, given)
  if (!read.ok) return read
  const { secret: ofSecret, publicKey: ofFile, jwksUrl: ofUrl, ...settings } = read.value
  const keys = ofSecret ?? ofFile ?? ofUrl
  if (!keys) return withoutKeys(given)
  const algorithms = algorithmsOf(given, settings.algorithms, keys.kind === 'secret')
  return algorithms.ok ? ok({ ...settings, keys, algorithms: algorithms.value }) : algorithms
}

/** What needs keys and is given without them is a mistake that would leave the server open. */
function withoutKeys(given: Given): Result<null> {
  const { secret, publicKey, jwksUrl, issuer, audience, algorithms, admins } = AUTH
  const pointless = [issuer, audience, algorithms, admins].find((flag) => given(flag) !== '')
  if (!pointless) return ok(null)
  const sources = `--${secret.flag}, --${publicKey.flag} or --${jwksUrl.flag}`
  return invalid(pointless, given(pointless), `nothing without ${sources}`)
}
