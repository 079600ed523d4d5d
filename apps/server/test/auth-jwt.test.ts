import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AuthSettings } from '../src/config/auth.js'
import { jwtAuthentication } from '../src/auth/jwt.js'
import { SECRET, tokenFor } from './tokens.js'

type Settings = NonNullable<AuthSettings>

const NOW = Date.parse('2026-11-24T12:00:00Z')
const SECONDS = NOW / 1_000

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString()

const BASE = {
  issuer: undefined,
  audience: [],
  clockTolerance: 5,
  admins: ['root'],
} satisfies Partial<Settings>

const BY_SECRET: Settings = {
  ...BASE,
  keys: { kind: 'secret', secret: SECRET },
  algorithms: ['HS256'],
}

const BY_KEY: Settings = {
  ...BASE,
  keys: { kind: 'public-key', pem: PEM },
  algorithms: ['RS256', 'ES256'],
}

function authentication(settings: Settings, now: () => number = () => NOW) {
  const logged: object[] = []
  const log = { error: (fields: object) => logged.push(fields) }
  const authenticate = jwtAuthentication(settings, { clock: now, log })
  const ask = (token: string | undefined) =>
    authenticate({ token, address: '127.0.0.1', headers: {} })
  return { ask, logged }
}

const soon = { expires: SECONDS + 60 }

function signed(key: KeyObject, header: Record<string, unknown> = {}, claims: object = {}) {
  return new SignJWT({ sub: 'ann', exp: SECONDS + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', ...header })
    .sign(key)
}

/** The claims that a strict server wants. */
const RIGHT = { iss: 'us', aud: 'talus' }

const UNAUTHORIZED = { ok: false, error: { code: 'UNAUTHORIZED' } }

test('[AUTH2] sub is the actor, name its name, exp its end', async () => {
  const { ask } = authentication(BY_SECRET)
  expect(await ask(await tokenFor('ann', { name: 'Ann', ...soon }))).toEqual({
    ok: true,
    value: { actor: { id: 'ann', name: 'Ann' }, admin: false, expires_at: NOW + 65_000 },
  })
  expect(await ask(await tokenFor('root', soon))).toMatchObject({ value: { admin: true } })
})

describe('[AUTH2] a token is refused', () => {
  const { ask } = authentication(BY_SECRET)
  const strict = authentication({ ...BY_SECRET, issuer: 'us', audience: ['talus'] })

  test.each([
    ['that is missing', undefined],
    ['that is none', 'nonsense'],
    ['that is empty', '..'],
    ['that is too long', 'x'.repeat(10_000)],
    ['without a signature', new UnsecuredJWT({ sub: 'ann', exp: SECONDS + 60 }).encode()],
  ])('%s', async (_, token) => {
    expect(await ask(token)).toMatchObject(UNAUTHORIZED)
  })

  test.each([
    ['of another secret', { secret: 'another secret of more than 32 bytes' }],
    ['that has expired', { expires: SECONDS - 6 }],
    ['that is not valid yet', { claims: { nbf: SECONDS + 6 } }],
    ['whose sub is too long', { sub: 'x'.repeat(300) }],
    ['whose sub has control characters', { sub: 'a\u0000b' }],
  ])('%s', async (_, { sub = 'ann', ...wanted }: { sub?: string; [claim: string]: unknown }) => {
    const token = await tokenFor(sub, { ...soon, ...wanted })
    expect(await ask(token)).toMatchObject(UNAUTHORIZED)
  })

  test('without sub, and without exp', async () => {
    const key = new TextEncoder().encode(SECRET)
    const header = { alg: 'HS256' }
    const nobody = await new SignJWT({ exp: SECONDS + 60 }).setProtectedHeader(header).sign(key)
    const endless = await new SignJWT({ sub: 'ann' }).setProtectedHeader(header).sign(key)
    expect(await ask(nobody)).toMatchObject(UNAUTHORIZED)
    expect(await ask(endless)).toMatchObject(UNAUTHORIZED)
  })

  test('of another issuer or audience', async () => {
    const asked = async (claims: object) => strict.ask(await tokenFor('ann', { ...soon, claims }))
    expect(await asked(RIGHT)).toMatchObject({ ok: true })
    expect(await asked({ ...RIGHT, iss: 'them' })).toMatchObject(UNAUTHORIZED)
    expect(await asked({ ...RIGHT, aud: 'other' })).toMatchObject(UNAUTHORIZED)
    expect(await asked({})).toMatchObject(UNAUTHORIZED)
  })

  test('and never repeated', async () => {
    const token = await tokenFor('ann', { expires: SECONDS - 60 })
    expect(JSON.stringify(await ask(token))).not.toContain(token.slice(0, 20))
  })
})

test('[AUTH2] clocks may differ by the tolerance and no more', async () => {
  const token = await tokenFor('ann', { expires: SECONDS })
  expect(await authentication(BY_SECRET, () => NOW + 4_000).ask(token)).toMatchObject({ ok: true })
  expect(await authentication(BY_SECRET, () => NOW + 6_000).ask(token)).toMatchObject(UNAUTHORIZED)
})

test('[AUTH2] a token that was verified once is refused when it has expired', async () => {
  let now = NOW
  const { ask } = authentication(BY_SECRET, () => now)
  const token = await tokenFor('ann', soon)
  expect(await ask(token)).toMatchObject({ ok: true })
  now += 66_000
  expect(await ask(token)).toMatchObject(UNAUTHORIZED)
})

describe('[AUTH2] with a public key', () => {
  const { ask } = authentication(BY_KEY)

  test('its tokens are accepted', async () => {
    expect(await ask(await signed(privateKey))).toMatchObject({ ok: true })
  })

  test('it never passes for a secret', async () => {
    const forged = await new SignJWT({ sub: 'ann', exp: SECONDS + 60 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(PEM))
    expect(await ask(forged)).toMatchObject(UNAUTHORIZED)
  })

  test('an accepted algorithm of another kind of key is refused', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = await signed(ec.privateKey, { alg: 'ES256' })
    expect(await ask(forged)).toMatchObject(UNAUTHORIZED)
  })

  test.each([
    { kid: '../../../../etc/passwd' },
    { kid: 'http://127.0.0.1:1/keys' },
    { jku: 'http://127.0.0.1:1/keys' },
    { x5u: 'http://127.0.0.1:1/chain' },
  ])('the header %j names nothing that is looked for', async (header) => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(await ask(await signed(other.privateKey, header))).toMatchObject(UNAUTHORIZED)
    expect(await ask(await signed(privateKey, header))).toMatchObject({ ok: true })
  })

  test('what is none is refused at the start', () => {
    const settings: Settings = { ...BY_KEY, keys: { kind: 'public-key', pem: 'no key' } }
    expect(() => authentication(settings)).toThrow('--jwt-public-key')
  })
})

test('[AUTH2] keys come from the issuer, also a new one', async () => {
  const keys: JWK[] = []
  await using issuer = await jwksServer(keys)
  const { ask, logged } = authentication({ ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } })
  keys.push({ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' })
  expect(await ask(await signed(privateKey, { kid: 'one' }))).toMatchObject({ ok: true })
  expect(await ask(await signed(privateKey, { kid: 'two' }))).toMatchObject(UNAUTHORIZED)
  await issuer[Symbol.asyncDispose]()
  const again = authentication({ ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } })
  expect(await again.ask(await signed(privateKey, { kid: 'one' }))).toMatchObject({
    error: { code: 'OVERLOADED' },
  })
  expect([logged.length, again.logged.length]).toEqual([0, 1])
})

test('[AUTH2] a key that the issuer withdraws counts no longer after ten minutes', async () => {
  const keys: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }]
  await using issuer = await jwksServer(keys)
  // `jose` keeps keys by the real time of day.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  onTestFinished(() => void vi.useRealTimers())
  const settings: Settings = { ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } }
  const { ask } = authentication(settings, () => Date.now())
  const token = await signed(privateKey, { kid: 'one' }, { exp: SECONDS + 3_600 })
  expect(await ask(token)).toMatchObject({ ok: true })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  keys[0] = { ...(await exportJWK(other.publicKey)), kid: 'two', alg: 'RS256' }
  vi.setSystemTime(NOW + 9 * 60_000)
  expect(await ask(token)).toMatchObject({ ok: true })
  vi.setSystemTime(NOW + 11 * 60_000)
  expect(await ask(token)).toMatchObject(UNAUTHORIZED)
})

test('[AUTH2] an issuer that does not answer is one line, and is left alone for a moment', async () => {
  let now = NOW
  const keys: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }]
  await using issuer = await jwksServer(keys)
  issuer.status = 503
  const settings: Settings = { ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } }
  const { ask, logged } = authentication(settings, () => now)
  const token = await signed(privateKey, { kid: 'one' })
  for (let i = 0; i < 10; i += 1) {
    expect(await ask(token)).toMatchObject({ error: { code: 'OVERLOADED' } })
  }
  expect([issuer.asked, logged.length]).toEqual([1, 1])
  issuer.status = 200
  now += 2_001
  expect(await ask(token)).toMatchObject({ ok: true })
})

test.each([
  ['an endless key set', `{"keys":[${'{},'.repeat(500_000)}{}]}`, 200],
  ['what is no JSON', '<html>', 200],
  ['JSON that is no key set', '{"keys":5}', 200],
  ['a redirection', '', 302],
])('[AUTH2] an issuer that answers with %s: try again later', async (_title, body, status) => {
  await using issuer = await jwksServer([])
  Object.assign(issuer, { body, status })
  const settings: Settings = { ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } }
  const { ask, logged } = authentication(settings)
  expect(await ask(await signed(privateKey, { kid: 'one' }))).toMatchObject({
    error: { code: 'OVERLOADED' },
  })
  expect(logged).toHaveLength(1)
})

test.each(['guest:1', 'guest:', 'anonymous'])(
  '[AUTH7] nobody can prove to be %s, which the server names itself',
  async (sub) => {
    const { ask } = authentication(BY_SECRET)
    expect(await ask(await tokenFor(sub, soon))).toMatchObject(UNAUTHORIZED)
  },
)

test('[AUTH2] a name that cannot be shown is left out', async () => {
  const { ask } = authentication(BY_SECRET)
  for (const name of ['a\u0000b', 'x'.repeat(1_000)]) {
    expect(await ask(await tokenFor('ann', { name, ...soon }))).toMatchObject({
      ok: true,
      value: { actor: { id: 'ann' } },
    })
  }
})

test.each([
  ['expired', { expires: SECONDS - 6 }],
  ['not valid yet', { claims: { ...RIGHT, nbf: SECONDS + 60 } }],
  ['wrong audience', { claims: { ...RIGHT, aud: 'secret-audience' } }],
  ['wrong issuer', { claims: { ...RIGHT, iss: 'secret-issuer' } }],
  ['bad signature', { secret: 'another secret of more than 32 bytes' }],
  ['wrong sub', { sub: 'guest:1' }],
])('[AUTH13] a token that is refused is told why: %s', async (reason, wanted) => {
  const { sub = 'ann', ...rest } = { claims: RIGHT, ...soon, ...wanted } as { sub?: string }
  const { ask } = authentication({ ...BY_SECRET, issuer: 'us', audience: ['talus'] })
  const answer = await ask(await tokenFor(sub, rest))
  expect(answer).toMatchObject({
    error: { code: 'UNAUTHORIZED', details: [{ path: '/token', actual: reason }] },
  })
  expect(JSON.stringify(answer)).not.toMatch(/secret|talus|guest/)
})

describe('[AUTH13] a key that is not known', () => {
  async function rotating() {
    const keys: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }]
    const issuer = await jwksServer(keys)
    onTestFinished(() => issuer[Symbol.asyncDispose]())
    const settings: Settings = { ...BY_KEY, keys: { kind: 'jwks', url: issuer.url } }
    const { ask } = authentication(settings)
    expect(await ask(await signed(privateKey, { kid: 'one' }))).toMatchObject({ ok: true })
    return { issuer, keys, ask }
  }

  test('is fetched at once when it is new', async () => {
    const { issuer, keys, ask } = await rotating()
    const next = generateKeyPairSync('rsa', { modulusLength: 2048 })
    keys.push({ ...(await exportJWK(next.publicKey)), kid: 'two', alg: 'RS256' })
    const token = await signed(next.privateKey, { kid: 'two' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token)))
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
    expect(issuer.asked).toBe(2)
  })

  test('and is none is refused, and told so', async () => {
    const { ask } = await rotating()
    expect(await ask(await signed(privateKey, { kid: 'none' }))).toMatchObject({
      error: { code: 'UNAUTHORIZED', details: [{ actual: 'unknown key' }] },
    })
  })

  test('does not make the issuer be asked for each: for now, nobody can say', async () => {
    const { issuer, ask } = await rotating()
    const answers = []
    for (let i = 0; i < 100; i += 1) {
      answers.push(await ask(await signed(privateKey, { kid: `none-${i}` })))
    }
    expect(issuer.asked).toBeLessThan(50)
    expect(answers.at(-1)).toMatchObject({
      error: { code: 'OVERLOADED', retry_after_ms: expect.any(Number) },
    })
    expect(await ask(await signed(privateKey, { kid: 'one' }))).toMatchObject({ ok: true })
  })

  test('is for now when the issuer does not answer', async () => {
    const { issuer, ask } = await rotating()
    issuer.status = 503
    expect(await ask(await signed(privateKey, { kid: 'two' }))).toMatchObject({
      error: { code: 'OVERLOADED' },
    })
  })
})

async function jwksServer(keys: JWK[]) {
  const answer = { status: 200, asked: 0, body: undefined as string | undefined }
  const server = createServer((_, response) => {
    answer.asked += 1
    const headers = { 'content-type': 'application/json', location: '/keys' }
    response.writeHead(answer.status, headers).end(answer.body ?? JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(answer, {
    url: `http://127.0.0.1:${port}/keys`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
