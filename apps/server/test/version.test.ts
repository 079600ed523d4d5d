import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { quickApp } from './harness.js'

const contract = createRequire(import.meta.url).resolve('@talus/protocol/contract.json')
const VERSION = '1.3'
const HASH = createHash('sha256').update(readFileSync(contract)).digest('hex')

const UNSUPPORTED = ['0.9', '2.0', '1', 'one', '', '1.1.0', ' 1.1']
const SUPPORTED = ['1.0', '1.1', '1.7']

test('[VER1] health states the version and the hash of contract.json', async () => {
  await using app = await quickApp()
  const { status, body } = await app.api('GET', '/health')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'ok',
    protocol_version: VERSION,
    min_protocol_version: '1.0',
    contract_hash: HASH,
  })
})

test('[VER1] joined states the version and the hash', async () => {
  await using app = await quickApp()
  const answer = await (await app.client()).ask('join_session', { session_id: 's' })
  expect(answer).toMatchObject({ protocol_version: VERSION, contract_hash: HASH })
})

test('[VER1] the handshake states them in headers: polling', async () => {
  await using app = await quickApp()
  const { headers } = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`)
  expect(headers.get('x-talus-protocol-version')).toBe(VERSION)
  expect(headers.get('x-talus-contract-hash')).toBe(HASH)
})

test('[VER1] the handshake states them in headers: WebSocket', async () => {
  await using app = await quickApp()
  const socket = new WebSocket(`${app.url}/socket.io/?EIO=4&transport=websocket`)
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    socket.once('upgrade', (response) => resolve(response.headers))
    socket.once('error', reject)
  })
  expect(headers['x-talus-protocol-version']).toBe(VERSION)
  expect(headers['x-talus-contract-hash']).toBe(HASH)
  socket.terminate()
})

test.each(SUPPORTED)('[VER1] a client that speaks %s is served', async (protocol_version) => {
  await using app = await quickApp()
  const client = await app.client({ auth: { protocol_version } })
  expect(await client.ask('join_session', { session_id: 's', protocol_version })).toMatchObject({
    ok: true,
  })
  await app.graphClient('s', { auth: { session_id: 's', protocol_version } })
})

test.each([...UNSUPPORTED, 1.1, null, { major: 1 }])(
  '[VER1] a handshake with version %j is refused with a message that says what to do',
  async (protocol_version) => {
    await using app = await quickApp()
    const refused = {
      message: expect.stringMatching(/speaks protocol 1\.3.*Install/),
      data: { code: 'BAD_REQUEST', retryable: false },
    }
    await expect(app.client({ auth: { protocol_version } })).rejects.toMatchObject(refused)
    const auth = { session_id: 's', protocol_version }
    await expect(app.graphClient('s', { auth })).rejects.toMatchObject(refused)
    expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
  },
)

test.each(UNSUPPORTED)('[VER1] a join with version %j is refused', async (protocol_version) => {
  await using app = await quickApp()
  const client = await app.client()
  const answer = await client.ask('join_session', { session_id: 's', protocol_version })
  expect(answer).toMatchObject({
    ok: false,
    error: { code: 'BAD_REQUEST', message: expect.stringMatching(/1\.3.*Install/) },
  })
  expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
})
