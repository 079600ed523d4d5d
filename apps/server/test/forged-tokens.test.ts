import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const unknown = other.publicKey.export({ format: 'jwk' })

const soon = () => Math.floor(Date.now() / 1_000) + 600

type Wanted = { header?: object; claims?: object; key?: Parameters<SignJWT['sign']>[0] }

function token({ header = {}, claims = {}, key = privateKey }: Wanted = {}): Promise<string> {
  return new SignJWT({ sub: 'ann', aud: 'talus', iss: 'issuer', exp: soon(), ...claims })
    .setProtectedHeader({ alg: 'RS256', ...header })
    .sign(key)
}

async function withHeader(header: object): Promise<string> {
  const [, payload, signature] = (await token()).split('.')
  return [base64url.encode(JSON.stringify(header)), payload, signature].join('.')
}

/** What one token says, under the signature of a sound one. */
async function mixed(says: string): Promise<string> {
  const signature = (await token()).split('.')[2] ?? ''
  return [...says.split('.').slice(0, 2), signature].join('.')
}

const FORGED: [title: string, make: () => Promise<string> | string][] = [
  ['alg none', () => new UnsecuredJWT({ sub: 'ann', aud: 'talus', exp: soon() }).encode()],
  ['alg None, with a signature', () => withHeader({ alg: 'None' })],
  ['no alg', () => withHeader({ typ: 'JWT' })],
  [
    'the public key as a secret (RS256 to HS256)',
    () => token({ header: { alg: 'HS256' }, key: new TextEncoder().encode(PEM) }),
  ],
  ['an algorithm that is not accepted', () => token({ header: { alg: 'RS384' } })],
  ['an expired one', () => token({ claims: { exp: soon() - 700 } })],
  ['one that is not valid yet', () => token({ claims: { nbf: soon() } })],
  ['another audience', () => token({ claims: { aud: 'another' } })],
  ['another issuer', () => token({ claims: { iss: 'another' } })],
  ['no expiry', () => token({ claims: { exp: undefined } })],
  ['no subject', () => token({ claims: { sub: undefined } })],
  ['kid that is a path', () => token({ header: { kid: '../../dev/null' }, key: other.privateKey })],
  ['kid that is a query', () => token({ header: { kid: "' OR 1=1 --" }, key: other.privateKey })],
  ['a key of its own (jwk)', () => token({ header: { jwk: unknown }, key: other.privateKey })],
  [
    'a place of keys (jku)',
    () => token({ header: { jku: 'http://127.0.0.1:1/' }, key: other.privateKey }),
  ],
  [
    'a chain of certificates (x5u)',
    () => token({ header: { x5u: 'http://127.0.0.1:1/' }, key: other.privateKey }),
  ],
  ['an unknown critical header', () => withHeader({ alg: 'RS256', crit: ['x'], x: 1 })],
  ['the signature of another', async () => mixed(await token({ claims: { sub: 'eve' } }))],
  ['no signature', async () => `${(await token()).split('.').slice(0, 2).join('.')}.`],
  ['five parts', () => 'a.b.c.d.e'],
  ['9,000 characters', () => `${'x'.repeat(9_000)}.a.b`],
  ['a reserved name', () => token({ claims: { sub: 'guest:1' } })],
]

type Door = (app: TestApp, bearer: string) => Promise<unknown>

const refusedBy = async (connecting: Promise<unknown>) => {
  const refused: unknown = await connecting.then(
    () => undefined,
    (err: unknown) => err,
  )
  return (refused as { data?: unknown } | undefined)?.data
}

const DOORS: Door[] = [
  async (app, bearer) =>
    (await app.api('GET', '/sessions', undefined, { authorization: `Bearer ${bearer}` })).body
      .error,
  (app, bearer) => refusedBy(app.client({ auth: { token: bearer } })),
  (app, bearer) => refusedBy(app.client({ extraHeaders: { authorization: `Bearer ${bearer}` } })),
  (app, bearer) => refusedBy(app.graphClient('s', { auth: { session_id: 's', token: bearer } })),
]

async function guarded(): Promise<TestApp> {
  const file = join(await mkdtemp(join(tmpdir(), 'talus-key-')), 'key.pem')
  await writeFile(file, PEM)
  const settings = ['--jwt-audience', 'talus', '--jwt-issuer', 'issuer']
  return quickApp({
    args: ['--jwt-public-key', file, '--jwt-algorithms', 'RS256', '--admins', 'ann', ...settings],
  })
}

test('[AUTH2] a sound token passes every door', async () => {
  await using app = await guarded()
  await app.api(
    'POST',
    '/sessions',
    { session_id: 's' },
    {
      authorization: `Bearer ${await token()}`,
    },
  )
  for (const door of DOORS) expect(await door(app, await token())).toBeUndefined()
})

test.each(FORGED)('[AUTH2] a token with %s passes no door', async (_title, make) => {
  await using app = await guarded()
  const forged = await make()
  for (const door of DOORS) {
    const told = await door(app, forged)
    expect(told).toMatchObject({ code: 'UNAUTHORIZED', retryable: false })
    expect(JSON.stringify(told)).not.toContain(forged.slice(-20))
  }
})
