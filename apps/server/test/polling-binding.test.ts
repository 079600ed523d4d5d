import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { quickApp, type TestApp } from './harness.js'
import { SECRET, tokenFor } from './tokens.js'

const PROXY = ['--trust-proxy', 'loopback']
const AUTH = ['--jwt-secret', SECRET, ...PROXY]

const HOME = { 'x-forwarded-for': '203.0.113.1' }
const AWAY = { 'x-forwarded-for': '198.51.100.1' }

const authorization = async (sub: string) => ({ authorization: `Bearer ${await tokenFor(sub)}` })

/** A connection by polling, request by request. */
async function polling(app: TestApp, headers: Record<string, string>, auth: object = {}) {
  const path = `${app.url}/socket.io/?EIO=4&transport=polling`
  const opened = await (await fetch(path, { headers })).text()
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  const url = `${path}&sid=${sid}`
  const post = (body: string, as: Record<string, string>) =>
    fetch(url, { method: 'POST', body, headers: as })
  expect((await post(`40${JSON.stringify(auth)}`, headers)).status).toBe(200)
  expect(await (await fetch(url, { headers })).text()).toContain('"sid"')
  return {
    /** What a request to go on with the connection is answered. */
    say: async (as: Record<string, string>) => (await post('42["ping"]', as)).status,
    read: async (as: Record<string, string>) => {
      const answer = await fetch(url, { headers: as })
      return { status: answer.status, text: await answer.text() }
    },
    async upgrade(as: Record<string, string>) {
      const ws = url.replace('http', 'ws').replace('polling', 'websocket')
      const socket = new WebSocket(ws, { headers: as })
      const outcome = await new Promise<string>((resolve) => {
        socket.on('open', () => resolve('open'))
        socket.on('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)))
        socket.on('error', (err) => resolve(err.message))
      })
      socket.terminate()
      return outcome
    },
  }
}

test('[DOOR5] the id of a polling connection opens nothing at another address', async () => {
  await using app = await quickApp({ args: AUTH })
  const ann = await polling(app, HOME, { token: await tokenFor('ann') })
  expect(await ann.say(AWAY)).toBe(403)
  const answer = await ann.read(AWAY)
  expect(answer.status).toBe(403)
  expect(JSON.parse(answer.text)).toMatchObject({ success: false, error: { code: 'FORBIDDEN' } })
  expect(await ann.upgrade(AWAY)).toBe('403')
  // Nothing is disturbed.
  expect(await ann.say(HOME)).toBe(200)
  expect((await ann.read(HOME)).text).toContain('pong')
  expect(await ann.upgrade(HOME)).toBe('open')
})

test('[DOOR5] without authentication the address decides', async () => {
  await using app = await quickApp({ args: PROXY })
  const client = await polling(app, HOME)
  expect(await client.say({ ...AWAY, ...(await authorization('ann')) })).toBe(403)
  expect(await client.say(HOME)).toBe(200)
})

test('[DOOR5] whoever shows the token of the same user may change the address', async () => {
  await using app = await quickApp({ args: AUTH })
  const auth = { token: await tokenFor('ann') }
  const ann = await polling(app, HOME, auth)
  expect(await ann.say({ ...AWAY, authorization: `Bearer ${auth.token}` })).toBe(200)
  const later = { ...AWAY, ...(await authorization('ann')) }
  expect(await ann.say(later)).toBe(200)
  expect(await ann.say({ ...HOME, ...(await authorization('eve')) })).toBe(403)
  expect(await ann.say({ ...HOME, authorization: 'Bearer nonsense' })).toBe(401)
  expect(await ann.say(HOME)).toBe(200)
})

test('[DOOR5] a connection that was opened with a token in its headers goes on with one', async () => {
  await using app = await quickApp({ args: AUTH })
  const headers = { ...HOME, ...(await authorization('ann')) }
  const ann = await polling(app, headers)
  expect(await ann.say(HOME)).toBe(403)
  expect(await ann.say({ ...AWAY, ...headers, ...AWAY })).toBe(200)
  // Browsers can set no headers there.
  expect(await ann.upgrade(AWAY)).toBe('403')
  expect(await ann.upgrade(HOME)).toBe('open')
})

test('[DOOR5] a client of Socket.IO goes on by polling and upgrades as ever', async () => {
  await using app = await quickApp({ args: AUTH })
  await app.api('POST', '/sessions', { session_id: 's' }, await authorization('ann'))
  const auth = { token: await tokenFor('ann') }
  for (const transports of [['polling'], ['polling', 'websocket']]) {
    const client = await (await app.client({ transports, auth })).join('s')
    const data = { blueprint_type_id: 't', name: 'n' }
    expect(await client.execute('s', 'CreateNode', data)).toMatchObject({ ok: true })
    await client.settled()
  }
})
