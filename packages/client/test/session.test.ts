import type { Entry, RootPayload } from '@talus/protocol'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connect, type Client, type Status } from '../src/index.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

let server: TestServer
const clients: Client[] = []

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(async () => {
  for (const client of clients) client.close()
  await server[Symbol.asyncDispose]()
})

function client(actor: string): Client {
  const connected = connect(server.url, { actor })
  clients.push(connected)
  return connected
}

const told = ({ kind, command_type, actor }: Entry) => `${kind} ${command_type} by ${actor.id}`

test('join tells what the server said', async () => {
  const session = await client('ada').join('join')
  expect(session.id).toBe('join')
  expect(session.joined).toMatchObject({ session_id: 'join', seq: 0, active_clients: 1 })
})

test('a listener added right after join misses nothing, not even the own arrival', async () => {
  const session = await client('ada').join('arrival')
  const arrived = vi.fn<(event: RootPayload<'session:connected'>) => void>()
  session.on('session:connected', arrived)
  await eventually(() => expect(arrived).toHaveBeenCalledTimes(1))
  expect(arrived.mock.calls[0]?.[0].client_id).toBe(session.joined.client_id)
})

test('joining twice gives the same session', async () => {
  const ada = client('ada')
  const [one, two] = await Promise.all([ada.join('twice'), ada.join('twice')])
  expect(two).toBe(one)
  expect(await ada.join('twice')).toBe(one)
})

test('execute, undo and redo resolve with their results and reach everybody in order', async () => {
  const seen: string[] = []
  const bob = await client('bob').join('room')
  bob.on('entry', (entry) => seen.push(told(entry)))

  const ada = await client('ada').join('room')
  const created = await ada.execute('CreateNode', { blueprint_type_id: 'task', name: 'Cut' })
  expect(created).toMatchObject({ ok: true, seq: 1 })
  const { node_id } = created.result
  await ada.execute('UpdateProperty', { node_id, property_id: 'status', new_value: 'done' })
  const undone = await ada.undo()
  expect(undone.undo).toEqual({ status: 'applied', skipped: [] })
  await ada.redo()

  await eventually(() => expect(seen).toHaveLength(4))
  expect(seen).toEqual([
    'do CreateNode by ada',
    'do UpdateProperty by ada',
    'undo UpdateProperty by ada',
    'redo UpdateProperty by ada',
  ])
  expect(bob.graph.node(node_id)).toMatchObject({ name: 'Cut', properties: { status: 'done' } })
})

test('undo and redo take a command that is named', async () => {
  const session = await client('ada').join('named')
  const one = await session.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'one' })
  await session.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'two' })
  const target = { targetCommandId: one.command_id }
  expect((await session.undo(target)).target_command_id).toBe(one.command_id)
  expect(session.graph.roots()).toEqual(['two'])
  await session.redo(target)
  expect(session.graph.roots()).toEqual(['one', 'two'])
})

test('batch is one step with one result for each command', async () => {
  const session = await client('ada').join('batch')
  const { seq, result } = await session.batch(
    [
      {
        command_type: 'CreateNode',
        data: { blueprint_type_id: 'phase', name: 'Shoot', node_id: 'phase-1' },
      },
      {
        command_type: 'CreateNode',
        data: { blueprint_type_id: 'task', name: 'Light', parent_id: 'phase-1', node_id: 'task-1' },
      },
      { command_type: 'DeleteNode', data: { node_id: 'task-1' } },
    ],
    { label: 'Plan the shoot' },
  )
  expect(seq).toBe(1)
  expect(result.results[0].node_id).toBe('phase-1')
  expect(result.results[2].deleted_ids).toEqual(['task-1'])
  await session.undo()
  expect(session.graph.size).toBe(0)
})

test('preview shows what would happen after everything called before, and does nothing', async () => {
  const session = await client('ada').join('preview')
  const created = session.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'n' })
  const preview = await session.preview('DeleteNode', { node_id: 'n' })
  expect(preview.result.deleted_ids).toEqual(['n'])
  expect(preview.changes).toMatchObject([{ type: 'node-removed', node: { id: 'n' } }])
  await created
  expect(session.graph.size).toBe(1)
})

test('a refusal rejects with what the server said', async () => {
  const session = await client('ada').join('refused')
  const orphan = { blueprint_type_id: 'task', parent_id: 'nowhere' }
  const error = await rejection(session.execute('CreateNode', orphan, { commandId: 'c-1' }))
  expect(error).toMatchObject({
    name: 'TalusError',
    code: 'INVALID_PARENT',
    message: 'Parent node not found',
    retryable: false,
    commandId: 'c-1',
  })
  expect((await rejection(session.undo())).code).toBe('NOTHING_TO_UNDO')
  expect((await rejection(session.redo())).code).toBe('NOTHING_TO_REDO')
  expect((await rejection(session.preview('DeleteNode', { node_id: 'x' }))).code).toBe(
    'NODE_NOT_FOUND',
  )
})

test('a command id that the caller chooses is executed once', async () => {
  const session = await client('ada').join('once')
  const data = { blueprint_type_id: 'task', name: 'Once' }
  const first = await session.execute('CreateNode', data, { commandId: 'c-1' })
  const again = await session.execute('CreateNode', data, { commandId: 'c-1' })
  expect(again).toEqual({ ...first, duplicate: true })
  const other = session.execute('CreateNode', { ...data, name: 'Other' }, { commandId: 'c-1' })
  expect((await rejection(other)).code).toBe('COMMAND_ID_REUSED')
})

test('what JSON cannot carry is refused before it is sent', async () => {
  const session = await client('ada').join('json')
  const rename = (new_value: never) =>
    session.execute('UpdateProperty', { node_id: 'n', property_id: 'p', new_value })
  for (const value of [Number.NaN, 10n, new Date(), new Uint8Array(1), () => {}]) {
    const error = await rejection(rename(value as never))
    expect(error).toMatchObject({ code: 'BAD_REQUEST', details: [{ path: '/data/new_value' }] })
  }
})

test('a message that would cost the connection is refused before it is sent', async () => {
  const ada = client('ada')
  const session = await ada.join('large')
  const statuses: Status[] = []
  ada.on('status', (status) => statuses.push(status))
  const name = 'é'.repeat(600_000)
  const large = session.execute('CreateNode', { blueprint_type_id: 'task', name })
  expect((await rejection(large)).code).toBe('PAYLOAD_TOO_LARGE')
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  expect(statuses).not.toContain('offline')
})

test('two sessions share a connection and keep apart', async () => {
  const ada = client('ada')
  const one = await ada.join('one')
  const two = await ada.join('two')
  expect(two.joined.client_id).toBe(one.joined.client_id)
  const seen: string[] = []
  one.on('entry', ({ result }) => seen.push(`one ${JSON.stringify(result)}`))
  two.on('entry', ({ result }) => seen.push(`two ${JSON.stringify(result)}`))
  await one.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'a' })
  await two.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'b' })
  await eventually(() => expect(seen).toEqual(['one {"node_id":"a"}', 'two {"node_id":"b"}']))
})

test('leave finishes what was called before, then stops events and calls', async () => {
  const session = await client('ada').join('left')
  const bob = await client('bob').join('left')
  const seen = vi.fn<() => void>()
  const last = session.execute('CreateNode', { blueprint_type_id: 'task' })
  const gone = new Promise<number>((resolve) =>
    bob.on('session:disconnected', ({ active_clients }) => resolve(active_clients)),
  )
  await session.leave()
  await last
  session.graph.subscribe(seen)
  session.on('entry', seen)
  expect(await gone).toBe(1)
  await bob.execute('CreateNode', { blueprint_type_id: 'task' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(seen).not.toHaveBeenCalled()
  expect((await rejection(session.undo())).code).toBe('LEFT')
  await session.leave()
})

test('a session that was left can be joined again, also while it is being left', async () => {
  const ada = client('ada')
  const first = await ada.join('again')
  const leaving = first.leave()
  const second = await ada.join('again')
  await leaving
  expect(second).not.toBe(first)
  expect(second.joined.active_clients).toBe(1)
  await second.execute('CreateNode', { blueprint_type_id: 'task' })
})

test('unsubscribing stops one listener only', async () => {
  const session = await client('ada').join('off')
  const kept = vi.fn<() => void>()
  const dropped = vi.fn<() => void>()
  session.on('entry', kept)
  const off = session.on('entry', dropped)
  off()
  off()
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  await eventually(() => expect(kept).toHaveBeenCalledTimes(1))
  expect(dropped).not.toHaveBeenCalled()
})

test('a session that the server does not take rejects the join', async () => {
  const error = await rejection(client('ada').join('..'))
  expect(error).toMatchObject({ code: 'BAD_REQUEST' })
})

test('rest rejects with what the server said', async () => {
  const error = await rejection(client('ada').rest.getGraph({ session_id: 'nobody-was-here' }))
  expect(error).toMatchObject({ code: 'SESSION_NOT_FOUND', retryable: false })
})

test('a session that somebody deletes ends, and says so', async () => {
  const ada = client('ada')
  const session = await ada.join('deleted')
  const other = await ada.join('kept')
  const ended = new Promise((resolve) => session.on('ended', resolve))
  await client('bob').rest.deleteSession({ session_id: 'deleted' })
  expect(await ended).toMatchObject({ code: 'SESSION_NOT_FOUND' })
  expect(session.status).toMatchObject({ refused: { code: 'SESSION_NOT_FOUND' } })
  expect((await rejection(session.undo())).code).toBe('SESSION_NOT_FOUND')
  expect(other.status).toBe('live')
})

test('what the promise rejects with is told as an event too, also what was never sent', async () => {
  const session = await client('ada').join('told')
  const told: unknown[] = []
  session.on('rejected', (error) => told.push(error))
  const errors = await Promise.all([
    rejection(session.execute('DeleteNode', { node_id: 10n as never })),
    rejection(session.execute('DeleteNode', { node_id: 'nowhere' })),
  ])
  await eventually(() => expect(told).toEqual(errors))
})

test('flush resolves when everything is answered and in the graph', async () => {
  const session = await client('ada').join('flush')
  await session.flush()
  for (let n = 0; n < 50; n += 1) {
    void session.execute('CreateNode', { blueprint_type_id: 'task', name: `${n}` })
  }
  void session.execute('DeleteNode', { node_id: 'nowhere' })
  await session.flush()
  expect([session.seq, session.pending, session.graph.size]).toEqual([50, 0, 50])
})
