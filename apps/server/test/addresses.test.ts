import { fail } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { canonicalAddress, networkOf } from '../src/limits/accounts.js'
import { capturedLog } from './captured-log.js'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const HEADERS = {
  authorization: 'Bearer anything',
  // The client made the first one up; the proxy that it reached added the second.
  'x-forwarded-for': '198.51.100.1, 203.0.113.7',
}

/** A server that asks everybody who they are, and keeps where they came from. */
async function server(...args: string[]) {
  const seen: string[] = []
  const app = await quickApp({
    args,
    authenticate: async ({ address }) => {
      seen.push(address)
      return fail('UNAUTHORIZED', 'Nobody comes in')
    },
  })
  return { app, seen }
}

const refused = (connecting: Promise<unknown>) => expect(connecting).rejects.toThrow('Nobody')

describe.each<[string, (app: TestApp) => Promise<unknown>]>([
  ['REST', (app) => app.api('GET', '/sessions', undefined, HEADERS)],
  ...['polling', 'websocket'].map((transport): [string, (app: TestApp) => Promise<unknown>] => [
    transport,
    (app) => refused(app.client({ transports: [transport], extraHeaders: HEADERS })),
  ]),
])('the address of a client by %s', (_way, by) => {
  test('is that of the connection where no proxy is trusted', async () => {
    const { app, seen } = await server()
    await using _ = app
    await by(app)
    expect(seen).toEqual(['127.0.0.1'])
  })

  test('is the last that no trusted proxy has', async () => {
    const { app, seen } = await server('--trust-proxy', 'loopback')
    await using _ = app
    await by(app)
    expect(seen).toEqual(['203.0.113.7'])
  })

  test('is that of the connection when it comes past the proxy', async () => {
    const { app, seen } = await server('--trust-proxy', '10.0.0.0/8')
    await using _ = app
    await by(app)
    expect(seen).toEqual(['127.0.0.1'])
  })
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:40000', '203.0.113.7'],
  ['"203.0.113.7:1"', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['2001:DB8:0:0::8', '2001:db8::8'],
  ['2001:0db8::0:8', '2001:db8::8'],
  ['[2001:db8::8]', '2001:db8::8'],
  ['[2001:db8::8]:443', '2001:db8::8'],
  ['"[2001:db8::8]:443"', '2001:db8::8'],
  ['fe80::1%eth0', 'fe80::1'],
  ['unknown', undefined],
  ['unknown-7', undefined],
  ['203.0.113.07', undefined],
  ['203.0.113.7 203.0.113.8', undefined],
  ['_hidden', undefined],
  ['', undefined],
])('[LIM8] an address has one spelling: %s', (text, address) => {
  expect(canonicalAddress(text)).toBe(address)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::8', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
])('[LIM8] limits count a network of IPv6 as one: %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

/** What a proxy may write, none of it another client. */
const SAME: [what: string, entry: (n: number) => string][] = [
  ['ports', (n) => `203.0.113.7:${40_000 + n}`],
  ['ports of IPv6', (n) => `[2001:db8::7]:${40_000 + n}`],
  ['addresses of one /64', (n) => `2001:db8::${n + 1}`],
  ['IPv4 within IPv6', (n) => (n % 2 === 0 ? '203.0.113.9' : '::ffff:203.0.113.9')],
  ['texts that are no addresses', (n) => `unknown-${n}`],
  ['addresses that the client made up', (n) => `198.51.100.${n}, 203.0.113.10`],
]

test.each(SAME)('[LIM8] %s in X-Forwarded-For go round no limit', async (_what, entry) => {
  const args = ['--trust-proxy', 'loopback', '--jwt-secret', SECRET, '--failed-login-rate', '1:3']
  await using app = await quickApp({ args, elapsed: () => 0 })
  const statuses: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': entry(n) }
    statuses.push((await app.api('GET', '/sessions', undefined, headers)).status)
  }
  expect(statuses).toEqual([401, 401, 401, 429, 429, 429, 429, 429])
})

test.each(['websocket', 'polling'])(
  'the audit log has the address of the client, not that of the proxy (%s)',
  async (transport) => {
    const log = capturedLog('error')
    const args = ['--trust-proxy', 'loopback', '--jwt-secret', SECRET]
    await using app = await quickApp({ args, logger: log.logger })
    const options = {
      transports: [transport],
      extraHeaders: { 'x-forwarded-for': '[2001:DB8::7]:4711' },
      reconnection: false,
    }
    await app.api('POST', '/sessions', { session_id: 's' }, await bearer('ann'))
    const auth = { token: await tokenFor('ann') }
    await (await app.client({ ...options, auth })).join('s')
    await app.graphClient('s', { ...options, auth: { ...auth, session_id: 's' } })
    await expect(app.client(options)).rejects.toThrow('Authentication')
    const sockets = log.lines().filter(({ door }) => door === '/' || door === '/graph')
    expect(sockets.map(({ event, address }) => [event, address])).toEqual([
      ['session.joined', '2001:db8::7'],
      ['session.joined', '2001:db8::7'],
      ['connection.denied', '2001:db8::7'],
    ])
  },
)
