import { fail } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'

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
