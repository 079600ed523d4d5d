import { expect, test } from 'vitest'
import { testApp } from './harness.js'

const PAGE = 'http://localhost:3000'
const COMMAND = { command_type: 'CreateNode', data: { blueprint_type_id: 't' } }

test('[CMD1] the session of a command comes from the header or the body, which may not differ', async () => {
  await using app = await testApp()
  for (const session_id of ['a', 'b']) await app.api('POST', '/sessions', { session_id })
  const execute = (body: object, headers: object = {}) =>
    app.api('POST', '/commands/execute', { ...COMMAND, ...body }, headers)
  const seqs = async () => {
    const { body } = await app.api('GET', '/sessions')
    return (body as { sessions: { seq: number }[] }).sessions.map(({ seq }) => seq)
  }
  await execute({}, { 'X-Session-ID': 'a' })
  expect(await seqs()).toEqual([1, 0])
  await execute({ session_id: 'b' })
  expect(await seqs()).toEqual([1, 1])
  await execute({ session_id: 'b' }, { 'X-Session-ID': 'b' })
  expect(await seqs()).toEqual([1, 2])
  const differing = { code: 'BAD_REQUEST', details: [{ path: '/session_id', actual: 'b' }] }
  const headers = { 'X-Session-ID': 'a' }
  expect(await execute({ session_id: 'b' }, headers)).toMatchObject({
    status: 400,
    body: { error: differing },
  })
  for (const path of ['/graph?session_id=b', '/sessions/b']) {
    const { status } = await app.api('GET', path, undefined, headers)
    expect([path, status]).toEqual([path, path.startsWith('/graph') ? 400 : 200])
  }
  const error = { code: 'BAD_REQUEST', message: 'Missing session_id' }
  expect(await execute({})).toMatchObject({ status: 400, body: { success: false, error } })
  for (const id of ['not an id', 'none']) {
    const { status } = await execute({}, { 'X-Session-ID': id })
    expect([id, status]).toEqual([id, id === 'none' ? 404 : 400])
  }
  expect(await seqs()).toEqual([1, 2])
})

test('[CMD1] [CMD7] preview and the graph take the session of the header too', async () => {
  await using app = await testApp()
  await app.api('POST', '/sessions', { session_id: 'a' })
  const headers = { 'X-Session-ID': 'a' }
  expect(await app.api('POST', '/commands/preview', COMMAND, headers)).toMatchObject({
    status: 200,
  })
  const graph = await app.api('GET', '/graph', undefined, headers)
  expect(graph.body).toMatchObject({ session_id: 'a', seq: 0 })
})

test('[CMD1] a command answers with the fields of its acknowledgement and with success', async () => {
  await using app = await testApp()
  await app.api('POST', '/sessions', { session_id: 'a' })
  const command = { session_id: 'a', command_id: 'c', ...COMMAND }
  const { status, body } = await app.api('POST', '/commands/execute', command)
  const result = { node_id: expect.any(String) }
  expect([status, body]).toEqual([
    200,
    { success: true, ok: true, command_id: 'c', seq: 1, result },
  ])
  const again = await app.api('POST', '/commands/execute', command)
  expect(again.body).toEqual({ ...body, duplicate: true })
  const other = await app.api('POST', '/commands/execute', { ...command, label: 'another' })
  const error = { code: 'COMMAND_ID_REUSED', retryable: false }
  expect(other).toMatchObject({ status: 409, body: { success: false, command_id: 'c', error } })
})

test.each(['application/json', 'application/octet-stream', 'text/plain'])(
  'a request without a body may name the type %s',
  async (type) => {
    await using app = await testApp()
    const headers = { 'content-type': type }
    const ask = (method: string, path: string) =>
      fetch(`${app.url}/api/v1${path}`, { method, headers })
    const created = await ask('POST', '/sessions')
    expect(created.status).toBe(201)
    const { session_id } = (await created.json()) as { session_id: string }
    const undone = await ask('POST', `/sessions/${session_id}/undo`)
    expect(await undone.json()).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
    expect((await ask('DELETE', `/sessions/${session_id}`)).status).toBe(200)
  },
)

test.each(['/health', '/nowhere', '/graph'])(
  '[DOOR1] %s may be read by a page of this machine',
  async (path) => {
    await using app = await testApp()
    const { headers } = await app.api('GET', path, undefined, { origin: PAGE })
    expect(headers.get('access-control-allow-origin')).toBe(PAGE)
  },
)

test('[DOOR1] a page may send commands with the headers of the contract', async () => {
  await using app = await testApp()
  const wanted = [
    'authorization',
    'content-type',
    'if-none-match',
    'x-actor-id',
    'x-actor-name',
    'x-guest-token',
    'x-session-id',
    'x-share-token',
  ]
  const preflight = await fetch(`${app.url}/api/v1/commands/execute`, {
    method: 'OPTIONS',
    headers: {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': wanted.join(','),
    },
  })
  expect(preflight.status).toBe(204)
  const list = (name: string) => preflight.headers.get(name)?.split(/, */) ?? []
  expect(preflight.headers.get('access-control-allow-origin')).toBe(PAGE)
  expect(list('access-control-allow-headers')).toEqual(wanted)
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    expect(list('access-control-allow-methods')).toContain(method)
  }
})

test('[DOOR1] a page of this machine may connect, by polling and by WebSocket', async () => {
  await using app = await testApp()
  for (const transport of ['polling', 'websocket']) {
    const extraHeaders = { origin: PAGE }
    const client = await app.client({ transports: [transport], extraHeaders })
    expect(await client.ask('join_session', { session_id: 's' })).toMatchObject({ ok: true })
  }
  const polling = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
    headers: { origin: PAGE },
  })
  expect(polling.headers.get('access-control-allow-origin')).toBe(PAGE)
})

test('[CMD1] a body that is no JSON, or says it is something else, is BAD_REQUEST', async () => {
  await using app = await testApp()
  for (const [type, body] of [
    ['application/json', '{'],
    ['application/json', ''],
    ['text/plain', '{}'],
    ['application/json', '[]'],
    ['application/json', 'null'],
  ] as const) {
    const response = await fetch(`${app.url}/api/v1/commands/execute`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    const error = { code: 'BAD_REQUEST', retryable: false }
    expect([type, body, response.status, await response.json()]).toMatchObject([
      type,
      body,
      400,
      { success: false, error },
    ])
  }
})
