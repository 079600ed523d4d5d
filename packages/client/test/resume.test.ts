import type { Entry, Node, ServerToClientEvents } from '@talus/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type Client, type ClientOptions, type Session } from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { FakeServer, joined } from './fake-server.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 1_000, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

function client(url: string, options: ClientOptions = {}): Client {
  const connected = connect(url, { ...QUICK, ...options })
  onTestFinished(() => connected.close())
  return connected
}

/** Names of nodes, in order. */
const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

async function pulled(session: Session, network: Network): Promise<void> {
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
}

test('[SYNC1] what was missed comes with the join: nothing is fetched anew', async () => {
  await using server = await TestServer.start()
  await using network = await Network.to(server.url)
  const ada = await client(network.url).join('s')
  const bob = await client(server.url).join('s')
  await bob.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'a', name: 'a' })
  await eventually(() => expect(names(ada)).toEqual(['a']))
  const kept = ada.graph.node('a')
  const statuses: unknown[] = []
  ada.on('status', (status) => statuses.push(status))
  await pulled(ada, network)
  await bob.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'b', name: 'b' })
  network.mend()
  await eventually(() => expect(ada.status).toBe('live'))
  expect(names(ada)).toEqual(['a', 'b'])
  expect(ada.graph.node('a')).toBe(kept)
  // A snapshot would have shown as catching up.
  expect(statuses).toEqual(['offline', 'live'])
})

test('[SYNC1] [SYNC5] what is too far behind takes a snapshot, and keeps what is equal', async () => {
  await using server = await TestServer.start()
  await using network = await Network.to(server.url)
  const ada = await client(network.url).join('s')
  const bob = await client(server.url).join('s')
  await bob.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'kept', name: 'kept' })
  await bob.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'n', name: 'n' })
  await eventually(() => expect(names(ada)).toEqual(['kept', 'n']))
  const kept = ada.graph.node('kept')
  const roots = ada.graph.roots()
  const statuses: unknown[] = []
  ada.on('status', (status) => statuses.push(status))
  await pulled(ada, network)
  const mine = ada.execute('UpdateProperty', { node_id: 'kept', property_id: 'p', new_value: 1 })
  // More than one message may hold.
  for (let n = 1; n <= 12; n += 1) {
    const new_value = `${n}`.padEnd(90_000)
    void bob.execute('UpdateProperty', { node_id: 'n', property_id: 'p', new_value })
  }
  await bob.flush()
  network.mend()
  await mine
  await eventually(() => expect(ada.seq).toBe(15))
  expect(ada.graph.node('n')?.properties).toEqual({ p: '12'.padEnd(90_000) })
  expect(ada.graph.node('kept')).toEqual({ ...kept, properties: { p: 1 } })
  expect(ada.graph.roots()).toBe(roots)
  expect(statuses).toEqual(['offline', 'catching-up', 'live'])
})

test('[SYNC4] [SYNC6] an entry too large to be sent is fetched', async () => {
  await using server = await TestServer.start()
  const ada = await client(server.url).join('s')
  const bob = await client(server.url).join('s')
  const text = 'x'.repeat(90_000)
  const commands = Array.from({ length: 10 }, (_, n) => ({
    command_type: 'CreateNode' as const,
    data: { blueprint_type_id: 'task', name: `${n}`, properties: { text } },
  }))
  await bob.batch(commands)
  // The deletion carries all that it removes, and another command shares its frame.
  const roots = bob.graph.roots()
  const removals = roots.map((node_id) => ({
    command_type: 'DeleteNode' as const,
    data: { node_id },
  }))
  void bob.execute('CreateNode', { blueprint_type_id: 'task', name: 'last' })
  void bob.batch(removals)
  await bob.flush()
  await eventually(() => expect(names(ada)).toEqual(['last']))
  expect(ada.seq).toBe(3)
})

const node = (id: string): Node => ({
  id,
  blueprint_type_id: 'task',
  name: id,
  parent_id: null,
  children: [],
  properties: {},
  created_at: '2026-01-28T15:30:00Z',
})

/** The entry that adds root number `seq`, named after it. */
const entry = (seq: number): Entry => ({
  seq,
  command_id: `c-${seq}`,
  command_type: 'CreateNode',
  kind: 'do',
  actor: { id: 'ann' },
  timestamp: '2026-01-28T15:30:00Z',
  changes: [{ type: 'node-added', node: node(`${seq}`), parent_id: null, index: seq - 1 }],
})

type Frame = Parameters<ServerToClientEvents['session:changes']>[0]

const frame = (...entries: Entry[]): Frame => ({ session_id: 's', entries })

test('[SYNC2] known entries are dropped, and a gap is asked for while frames go on', async () => {
  await using server = await FakeServer.start(() => {})
  const session = await client(server.url).join('s')
  server.io.emit('session:changes', frame(entry(1), entry(2)))
  server.io.emit('session:changes', frame(entry(1), entry(2), entry(3)))
  await eventually(() => expect(names(session)).toEqual(['1', '2', '3']))
  Object.assign(server.stored, { seq: 6, entries: [1, 2, 3, 4, 5, 6].map(entry) })
  server.asked.length = 0
  server.io.emit('session:changes', frame(entry(5)))
  server.io.emit('session:changes', frame(entry(6), entry(7)))
  await eventually(() => expect(names(session)).toEqual(['1', '2', '3', '4', '5', '6', '7']))
  expect(server.asked.map(({ path }) => path)).toEqual(['/api/v1/sessions/s/changes'])
  expect(server.asked[0]?.query).toContain('after_seq=3')
})

test('[SYNC1] what comes between the membership and its answer is not missed', async () => {
  await using server = await FakeServer.start((socket) => {
    socket.removeAllListeners('join_session')
    socket.on('join_session', ({ session_id, last_seq }, ack) => {
      const place = { session_id, timestamp: '2026-01-28T15:30:00Z' }
      const presence = { client_id: 'other', actor: { id: 'ann' }, state: { focus: null } }
      const seq = last_seq ?? 0
      const answer = { ...joined(session_id, socket.id), seq }
      socket.emit('presence:changed', { event: 'presence:changed', ...place, ...presence })
      socket.emit('session:changes', frame(entry(seq + 1)))
      const unsent = { seq: seq + 2, epoch: 'e-1', reason: 'Too large' }
      socket.emit('resync:required', { event: 'resync:required', ...place, ...unsent })
      ack?.(last_seq === undefined ? answer : { ...answer, entries: [] })
    })
  })
  server.stored.entries = [entry(1), entry(2)]
  const session = await client(server.url).join('s')
  expect(names(session)).toEqual(['1', '2'])
  expect(session.others).toMatchObject([{ actor: { id: 'ann' } }])
  server.stored.entries = [1, 2, 3, 4].map(entry)
  server.io.disconnectSockets(true)
  await eventually(() => expect(names(session)).toEqual(['1', '2', '3', '4']))
  expect(session.others).toHaveLength(1)
})

test('[SYNC6] a gap whose entries are no longer kept takes a snapshot', async () => {
  await using server = await FakeServer.start(() => {})
  const session = await client(server.url).join('s')
  const gone = { code: 'HISTORY_TRUNCATED', message: 'Gone', retryable: false }
  Object.assign(server.stored, { seq: 3, nodes: ['1', '2', '3'].map(node), entries: gone })
  server.io.emit('session:changes', frame(entry(4)))
  await eventually(() => expect(names(session)).toEqual(['1', '2', '3', '4']))
})

test('[SYNC3] another epoch takes a snapshot, and what was waited for there is over', async () => {
  let connections = 0
  await using server = await FakeServer.start((socket) => {
    connections += 1
    if (connections === 1) {
      socket.on('execute_command', ({ command_id = '' }, ack) => {
        ack?.({ ok: true, command_id, seq: 50, result: { node_id: 'lost' } })
        socket.conn.close()
      })
      return
    }
    socket.removeAllListeners('join_session')
    socket.on('join_session', ({ session_id, last_seq, epoch }, ack) => {
      expect([last_seq, epoch]).toEqual([2, 'e-1'])
      const answer = { ok: true, session_id, client_id: socket.id, active_clients: 1 } as const
      const server_is = { protocol_version: '1.3', contract_hash: '' }
      ack?.({ ...answer, ...server_is, seq: 1, epoch: 'e-2', snapshot_required: true })
    })
  })
  const session = await client(server.url).join('s')
  server.io.emit('session:changes', frame(entry(1), entry(2)))
  await eventually(() => expect(names(session)).toEqual(['1', '2']))
  Object.assign(server.stored, { seq: 1, epoch: 'e-2', nodes: [node('1')] })
  await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'lost' })
  expect(names(session)).toEqual(['1'])
  expect(session.seq).toBe(1)
  server.io.emit('session:changes', frame(entry(2)))
  await eventually(() => expect(names(session)).toEqual(['1', '2']))
})

test('an entry that does not fit is put right by a snapshot', async () => {
  await using server = await FakeServer.start(() => {})
  const session = await client(server.url).join('s')
  const misfit: Entry = {
    ...entry(1),
    changes: [{ type: 'property-set', node_id: 'nowhere', property_id: 'p', new_value: 1 }],
  }
  Object.assign(server.stored, { seq: 1, nodes: [node('1')] })
  server.io.emit('session:changes', frame(misfit, entry(2)))
  await eventually(() => expect(names(session)).toEqual(['1', '2']))
})

test('a session that may no longer be read ends, and says why', async () => {
  await using server = await FakeServer.start(() => {})
  const session = await client(server.url).join('s')
  const ended = new Promise((resolve) => session.on('ended', resolve))
  const gone = { code: 'SESSION_NOT_FOUND', message: 'It was deleted', retryable: false }
  Object.assign(server.stored, { entries: gone })
  server.io.emit('session:changes', frame(entry(4)))
  expect(await ended).toMatchObject({ code: 'SESSION_NOT_FOUND' })
  expect(session.status).toMatchObject({ refused: { code: 'SESSION_NOT_FOUND' } })
})

/** A server that takes one token only, in handshakes. */
async function guarded(valid: () => string) {
  const server = await FakeServer.start(() => {})
  const seen: unknown[] = []
  server.io.use((socket, next) => {
    const { token } = socket.handshake.auth as { token?: unknown }
    seen.push(token)
    const data = { code: 'UNAUTHORIZED', message: 'Expired', retryable: false }
    next(token === valid() ? undefined : Object.assign(new Error('Expired'), { data }))
  })
  return { server, seen }
}

test('the token callback is asked at every connection; one that just expired is renewed', async () => {
  let valid = 't-2'
  const { server, seen } = await guarded(() => valid)
  await using _ = server
  let asked = 0
  const connected = client(server.url, { token: async () => `t-${(asked += 1)}` })
  const session = await connected.join('s')
  expect(seen).toEqual(['t-1', 't-2'])
  expect(server.asked[0]?.token).toMatch(/^Bearer t-/)
  valid = 't-4'
  asked = 3
  server.io.disconnectSockets(true)
  await eventually(() => expect(seen.at(-1)).toBe('t-4'))
  await eventually(() => expect(session.status).toBe('live'))
})

test('a fixed token is refused for good; a callback that fails is told and tried again', async () => {
  const { server, seen } = await guarded(() => 'right')
  await using _ = server
  const fixed = client(server.url, { token: 'wrong' })
  expect(await rejection(fixed.join('s'))).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(fixed.status).toMatchObject({ refused: { message: 'Expired' } })
  expect(seen).toEqual(['wrong'])
  let failures = 2
  const token = () => {
    failures -= 1
    if (failures >= 0) throw new Error('No network')
    return 'right'
  }
  const later = client(server.url, { token })
  const errors: unknown[] = []
  later.on('error', (error) => errors.push(error))
  await later.join('s')
  expect(errors).toMatchObject([
    { code: 'UNAUTHORIZED', retryable: true, cause: { message: 'No network' } },
    { code: 'UNAUTHORIZED' },
  ])
})

test('without the template and the history a session is joined all the same', async () => {
  await using server = await FakeServer.start(() => {})
  const gone = { code: 'TEMPLATE_NOT_FOUND', message: 'Gone', retryable: false }
  Object.assign(server.stored, { seq: 1, template_id: 'film', nodes: [node('1')], entries: gone })
  const session = await client(server.url).join('s')
  expect(names(session)).toEqual(['1'])
  expect(session.canUndo).toBe(false)
  expect(server.asked.map(({ path }) => path)).toEqual([
    '/api/v1/graph',
    '/api/v1/templates/film/schema',
    '/api/v1/sessions/s/history',
  ])
  void session.execute('CreateNode', { blueprint_type_id: 'anything', name: '2' })
  expect(names(session)).toEqual(['1', '2'])
})
