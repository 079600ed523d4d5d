import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp, type TestApp } from './harness.js'

const NO_SESSION_IDS: [title: string, session_id: unknown][] = [
  ['null', null],
  ['a number', 5],
  ['an empty string', ''],
  ['a space inside', 'a b'],
  ['a slash', 'a/b'],
  ['a letter beyond the alphabet', 'ä'],
  ['a line break at the end', 'a\n'],
  ['129 characters', 'a'.repeat(129)],
  ['__proto__', '__proto__'],
  ['a list', ['s']],
  ['an object', { id: 's' }],
]

const NO_PAYLOADS: [title: string, payload: unknown][] = [
  ...NO_SESSION_IDS.map(([title, session_id]): [string, unknown] => [title, { session_id }]),
  ['no session_id', {}],
  ['null as payload', null],
  ['a number as payload', 7],
  ['a string as payload', 's'],
  ['a list as payload', ['s']],
]

async function sessionIds(app: TestApp): Promise<unknown[]> {
  const { body } = await app.api('GET', '/sessions')
  return (body.sessions as { session_id: string }[]).map(({ session_id }) => session_id)
}

async function activeClients(app: TestApp, session_id: string): Promise<unknown> {
  return (await app.api('GET', `/sessions/${session_id}`)).body.active_clients
}

test.each(NO_PAYLOADS)('[JOIN1] a join with %s joins nothing', async (_title, payload) => {
  await using app = await quickApp()
  const client = await app.client()
  const missing = { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false }
  expect(await client.ask('join_session', payload)).toMatchObject({ ok: false, error: missing })
  client.socket.emit('join_session', payload)
  await client.settled()
  // The acknowledgement has told it once, the event, without one, once more.
  expect(client.names()).toEqual(['error'])
  expect(client.of('error')[0]).toMatchObject(missing)
  expect(await sessionIds(app)).toEqual([])
})

test('[JOIN1] a join without any payload joins nothing', async () => {
  await using app = await quickApp()
  const client = await app.client()
  client.socket.emit('join_session')
  expect(await client.next('error')).toMatchObject({ message: 'Missing session_id' })
  expect(await client.socket.emitWithAck('join_session')).toMatchObject({ ok: false })
  expect(client.of('joined')).toEqual([])
})

test.each(NO_SESSION_IDS)(
  '[JOIN1] a handshake on /graph with %s as session_id is refused',
  async (_title, session_id) => {
    await using app = await quickApp()
    await expect(app.graphClient(session_id as string)).rejects.toMatchObject({
      message: 'Missing session_id',
      data: { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false },
    })
    expect(await sessionIds(app)).toEqual([])
  },
)

test('[JOIN1] a handshake on /graph without a session is refused', async () => {
  await using app = await quickApp()
  await expect(app.graphClient('', { auth: {} })).rejects.toThrow('Missing session_id')
})

test.each(['a', 'A.b_c:d-9', 'a'.repeat(128), 'constructor', 'toString', 'hasOwnProperty', '...'])(
  '[JOIN2] a join or a handshake on an unknown id creates that session: %s',
  async (session_id) => {
    await using app = await quickApp()
    const client = await app.client()
    expect(await client.ask('join_session', { session_id })).toMatchObject({ ok: true, seq: 0 })
    expect(await sessionIds(app)).toEqual([session_id])
    const other = `${session_id.slice(0, 120)}-graph`
    await app.graphClient(other)
    expect(await sessionIds(app)).toEqual([session_id, other])
  },
)

test.each(['.', '..'])(
  '[JOIN6] no new session is called %s, which no URL can name; one that is there stays',
  async (session_id) => {
    const journal = createMemoryJournal()
    await using app = await quickApp({ journal })
    const refused = { code: 'BAD_REQUEST', details: [{ path: '/session_id', actual: session_id }] }
    const client = await app.client()
    expect(await client.ask('join_session', { session_id })).toMatchObject({ error: refused })
    await expect(app.graphClient(session_id)).rejects.toMatchObject({ data: refused })
    const made = await app.api('POST', '/sessions', { session_id })
    expect(made).toMatchObject({ status: 400, body: { error: refused } })
    expect(await sessionIds(app)).toEqual([])
    const record = { epoch: 'e', template_id: null, project_id: null, created_at: '2026-01-01' }
    await journal.createSession({ session_id, ...record })
    expect(await client.ask('join_session', { session_id })).toMatchObject({ ok: true })
  },
)

test('[JOIN2] only a join creates a session: a command on an unknown one is refused', async () => {
  await using app = await quickApp()
  const client = await app.client()
  const answer = await client.execute('nowhere', 'CreateNode', { blueprint_type_id: 'task' })
  expect(answer).toMatchObject({ ok: false, error: { code: 'SESSION_NOT_FOUND' } })
  expect(await sessionIds(app)).toEqual([])
})

test('[JOIN3] joined reaches only the joiner, session:connected the room', async () => {
  await using app = await quickApp()
  const first = await (await app.client()).join('s')
  await first.settled()
  first.clear()
  const second = await (await app.client()).join('s')
  await Promise.all([first.settled(), second.settled()])
  expect(first.names()).toEqual(['session:connected'])
  expect(first.of('session:connected')).toEqual([
    {
      event: 'session:connected',
      session_id: 's',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      client_id: second.socket.id,
      active_clients: 2,
      actor: { id: 'anonymous' },
    },
  ])
  expect(second.names()).toEqual(['joined', 'session:connected'])
  expect(second.of('joined')[0]).toMatchObject({
    session_id: 's',
    client_id: second.socket.id,
    active_clients: 2,
    seq: 0,
  })
})

test('[JOIN3] on /graph session:connected reaches the room and the joiner, once each', async () => {
  await using app = await quickApp()
  const first = await app.graphClient('s')
  await first.settled()
  const second = await app.graphClient('s')
  await Promise.all([first.settled(), second.settled()])
  const said = { session_id: 's', timestamp: expect.any(String) }
  expect(first.of('session:connected')).toEqual([
    { ...said, client_count: 1 },
    { ...said, client_count: 2 },
  ])
  expect(second.received).toEqual([
    { event: 'session:connected', payload: { ...said, client_count: 2 } },
  ])
})

test('[JOIN3] a session hears nothing of who enters another', async () => {
  await using app = await quickApp()
  const listener = await (await app.client()).join('s')
  await listener.settled()
  listener.clear()
  await (await app.client()).join('elsewhere')
  await app.graphClient('elsewhere')
  await listener.settled()
  expect(listener.received).toEqual([])
})

test('[JOIN4] joining twice is one membership', async () => {
  await using app = await quickApp()
  const [twice, listener] = await Promise.all([app.client(), app.client()])
  await listener.join('s')
  await twice.join('s')
  await listener.settled()
  listener.clear()
  expect(await twice.ask('join_session', { session_id: 's' })).toMatchObject({ active_clients: 2 })
  expect(twice.of('joined')).toHaveLength(2)
  await twice.execute('s', 'CreateNode', { blueprint_type_id: 'task' })
  await Promise.all([twice.settled(), listener.settled()])
  expect(twice.of('node-created')).toHaveLength(1)
  expect(listener.of('session:connected')).toEqual([])
  await twice.ask('leave_session', { session_id: 's' })
  expect(await activeClients(app, 's')).toBe(1)
})

test('[JOIN4] joining again changes how the client follows the session', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  await client.join('s', { stream: 'changes' })
  client.clear()
  await client.execute('s', 'CreateNode', { blueprint_type_id: 'task' })
  await client.settled()
  expect(client.names()).toEqual(['session:changes'])
})

test('[JOIN4] a socket may be in several sessions on /, in exactly one on /graph', async () => {
  await using app = await quickApp()
  const [both, writer] = await Promise.all([app.client(), app.client()])
  await both.join('s')
  await both.join('t')
  const graph = await app.graphClient('s')
  expect(await graph.ask('join_session', { session_id: 't' })).toMatchObject({
    ok: false,
    error: { code: 'BAD_REQUEST' },
  })
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 'task' })
  await writer.execute('t', 'CreateNode', { blueprint_type_id: 'task' })
  await Promise.all([both.settled(), graph.settled()])
  expect(both.of('node-created').map((event) => event.session_id)).toEqual(['s', 't'])
  expect(graph.of('graph:node-created').map((event) => event.session_id)).toEqual(['s'])
})

test('[JOIN4] who has left hears nothing more and is told so once', async () => {
  await using app = await quickApp()
  const [leaver, listener] = await Promise.all([app.client(), app.client()])
  await listener.join('s')
  await leaver.join('s')
  leaver.clear()
  const left = { session_id: 's', client_id: leaver.socket.id }
  expect(await leaver.ask('leave_session', { session_id: 's' })).toEqual({ ok: true, ...left })
  await leaver.ask('leave_session', { session_id: 's' })
  await listener.execute('s', 'CreateNode', { blueprint_type_id: 'task' })
  await Promise.all([leaver.settled(), listener.settled()])
  expect(leaver.of('left')[0]).toEqual(left)
  expect(leaver.names().filter((name) => name !== 'left')).toEqual([])
  expect(listener.of('session:disconnected')).toEqual([
    {
      event: 'session:disconnected',
      session_id: 's',
      timestamp: expect.any(String),
      client_id: leaver.socket.id,
      active_clients: 1,
    },
  ])
})

test.each(['websocket', 'polling'])(
  '[JOIN4] a lost connection leaves every session it was in, once (%s)',
  async (transport) => {
    await using app = await quickApp()
    const listener = await app.client()
    await listener.join('s')
    await listener.join('t')
    const lost = await app.client({ transports: [transport], reconnection: false })
    await lost.join('s')
    await lost.join('s')
    await lost.join('t')
    const client_id = lost.socket.id
    lost.socket.io.engine.close()
    await listener.next('session:disconnected', (event) => event.session_id === 's')
    await listener.next('session:disconnected', (event) => event.session_id === 't')
    await listener.settled()
    const gone = listener.of('session:disconnected')
    expect(gone).toHaveLength(2)
    expect(gone.every((event) => event.client_id === client_id)).toBe(true)
    expect(await activeClients(app, 's')).toBe(1)
  },
)

test('[JOIN4] a lost connection on /graph leaves its session once', async () => {
  await using app = await quickApp()
  const listener = await app.graphClient('s')
  const lost = await app.graphClient('s', { reconnection: false })
  lost.socket.io.engine.close()
  await listener.next('session:disconnected')
  await listener.settled()
  expect(listener.of('session:disconnected')).toEqual([
    { session_id: 's', timestamp: expect.any(String), client_count: 1 },
  ])
})

test('[JOIN5] client counts add up across both namespaces', async () => {
  await using app = await quickApp()
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  expect(await activeClients(app, 's')).toBe(2)
  const third = await app.client()
  expect(await third.ask('join_session', { session_id: 's' })).toMatchObject({ active_clients: 3 })
  await Promise.all([root.settled(), graph.settled()])
  expect(root.of('session:connected').map((event) => event.active_clients)).toEqual([1, 2, 3])
  expect(graph.of('session:connected').map((event) => event.client_count)).toEqual([2, 3])
  third.socket.disconnect()
  await root.next('session:disconnected', (event) => event.active_clients === 2)
  await graph.next('session:disconnected', (event) => event.client_count === 2)
  graph.socket.disconnect()
  await root.next('session:disconnected', (event) => event.active_clients === 1)
  expect(await activeClients(app, 's')).toBe(1)
})

test('[JOIN5] both namespaces over one connection are two clients', async () => {
  await using app = await quickApp()
  const root = await (await app.client()).join('s')
  const graph = root.socket.io.socket('/graph', { auth: { session_id: 's' } })
  await new Promise((resolve) => graph.once('connect', () => resolve(undefined)))
  expect(await activeClients(app, 's')).toBe(2)
  graph.disconnect()
  await root.next('session:disconnected')
  expect(await activeClients(app, 's')).toBe(1)
})

test('[JOIN4] two handshakes of one connection on /graph are one membership', async () => {
  await using app = await quickApp()
  const root = await (await app.client()).join('s')
  const graph = root.socket.io.socket('/graph', { auth: { session_id: 's' } })
  const created: unknown[] = []
  graph.on('graph:node-created', (event) => created.push(event))
  let connects = 0
  const connectedTwice = new Promise<void>((resolve) => {
    graph.on('connect', () => {
      connects += 1
      if (connects === 2) resolve()
    })
  })
  // The first was asked for by `socket` above.
  graph.connect()
  await connectedTwice
  expect(await activeClients(app, 's')).toBe(2)
  await graph.emitWithAck('execute_command', {
    command_type: 'CreateNode',
    data: { blueprint_type_id: 'task' },
  })
  await root.settled()
  expect(created).toHaveLength(1)
  graph.disconnect()
  await root.settled()
  expect(await activeClients(app, 's')).toBe(1)
})
