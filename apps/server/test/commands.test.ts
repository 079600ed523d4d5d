import { describe, expect, test } from 'vitest'
import { DOORS, openDoor } from './doors.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'

type Event = { event: string; command_id: unknown; seq: unknown }

const CREATE = { blueprint_type_id: 'task', name: 'a' }

/** A client on each namespace that has seen nothing of the session yet. */
async function listeners(app: TestApp, session_id: string): Promise<[RawClient, RawClient]> {
  const root = await (await app.client()).join(session_id)
  const graph = await app.graphClient(session_id)
  await Promise.all([root.settled(), graph.settled()])
  root.clear()
  graph.clear()
  return [root, graph]
}

/** What a client saw of commands; `/graph` writes `graph:` before the names of graph events. */
function story(client: RawClient): Event[] {
  return client.received
    .filter(({ event }) => !event.startsWith('session:'))
    .map(({ event, payload }) => ({
      event: event.replace(/^graph:/, ''),
      command_id: payload.command_id,
      seq: payload.seq,
    }))
}

/** Neighbours that are about the same command. */
function runsOf(events: Event[]): Event[][] {
  const runs: Event[][] = []
  for (const event of events) {
    const last = runs.at(-1)
    if (last?.[0]?.command_id === event.command_id) last?.push(event)
    else runs.push([event])
  }
  return runs
}

async function graphOf(app: TestApp, session_id: string): Promise<unknown> {
  return (await app.api('GET', `/graph?session_id=${session_id}`)).body
}

describe.each(DOORS)('through %s', (name) => {
  test('[CMD2] a command shows as executing, its graph events, executed', async () => {
    await using app = await quickApp()
    const [root, graph] = await listeners(app, 's')
    const door = await openDoor(app, name, 's')
    const data = { ...CREATE, node_id: 'n' }
    const ack = await door.execute('CreateNodeCommand', data, { command_id: 'c', label: 'Plan' })
    expect(ack).toEqual({ ok: true, command_id: 'c', seq: 1, result: { node_id: 'n' } })
    await Promise.all([root.settled(), graph.settled()])
    const expected = [
      { event: 'command:executing', command_id: 'c', seq: undefined },
      { event: 'node-created', command_id: 'c', seq: 1 },
      { event: 'command:executed', command_id: 'c', seq: 1 },
    ]
    expect(story(root)).toEqual(expected)
    expect(story(graph)).toEqual(expected)
    const executed = { session_id: 's', command_type: 'CreateNode', label: 'Plan' }
    expect(root.of('command:executed')[0]).toMatchObject({ ...executed, result: { node_id: 'n' } })
    expect(graph.of('command:executed')[0]).toMatchObject({ ...executed, result: 'n' })
  })

  test('[CMD2] a refused command shows as executing, failed, and leaves no trace', async () => {
    await using app = await quickApp()
    const [root, graph] = await listeners(app, 's')
    const door = await openDoor(app, name, 's')
    const before = await graphOf(app, 's')
    const data = { ...CREATE, parent_id: 'nowhere', node_id: 'n' }
    const ack = await door.execute('CreateNode', data, { command_id: 'c' })
    const error = { code: 'INVALID_PARENT', message: 'Parent node not found', retryable: false }
    expect(ack).toMatchObject({ ok: false, command_id: 'c', error })
    await Promise.all([root.settled(), graph.settled()])
    const expected = [
      { event: 'command:executing', command_id: 'c', seq: undefined },
      { event: 'command:failed', command_id: 'c', seq: undefined },
    ]
    expect(story(root)).toEqual(expected)
    expect(story(graph)).toEqual(expected)
    expect(root.of('command:failed')[0]?.error).toEqual(ack.error)
    expect(graph.of('command:failed')[0]).toMatchObject({
      error: error.message,
      code: error.code,
    })
    expect(await graphOf(app, 's')).toEqual(before)
    expect((await app.api('GET', '/sessions/s/changes')).body).toMatchObject({ entries: [] })
    expect(await door.ask('undo')).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
    expect(await door.execute('CreateNode', { ...CREATE, node_id: 'n' })).toMatchObject({ seq: 1 })
  })

  test('[CMD4] a command that changes nothing takes no seq and no graph event', async () => {
    await using app = await quickApp()
    const [root, graph] = await listeners(app, 's')
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', { ...CREATE, node_id: 'n', properties: { p: { x: [1] } } })
    await Promise.all([root.settled(), graph.settled()])
    root.clear()
    graph.clear()
    const same = { node_id: 'n', property_id: 'p', new_value: { x: [1] } }
    const ack = await door.execute('UpdateProperty', same, { command_id: 'c' })
    expect(ack).toEqual({ ok: true, command_id: 'c', seq: null, result: null })
    await Promise.all([root.settled(), graph.settled()])
    const expected = [
      { event: 'command:executing', command_id: 'c', seq: undefined },
      { event: 'command:executed', command_id: 'c', seq: undefined },
    ]
    expect(story(root)).toEqual(expected)
    expect(story(graph)).toEqual(expected)
    expect(await door.execute('CreateNode', CREATE)).toMatchObject({ seq: 2 })
    // It is no step of its own either: the next undo is that of the node just made.
    await door.ask('undo')
    expect(await door.ask('undo')).toMatchObject({ ok: true, seq: 4 })
    expect(await graphOf(app, 's')).toMatchObject({ nodes: [] })
  })

  test.each([
    ['a planned refusal', 'DeleteNode', { node_id: 'nowhere' }, 'NODE_NOT_FOUND'],
    ['an unknown command', 'Explode', { node_id: 'n' }, 'UNKNOWN_COMMAND'],
    ['data of the wrong shape', 'DeleteNode', { node_id: 5 }, 'BAD_REQUEST'],
    ['an extra field in data', 'DeleteNode', { node_id: 'n', really: true }, 'BAD_REQUEST'],
    ['data that is no object', 'DeleteNode', 'n', 'BAD_REQUEST'],
  ])('[CMD9] the room learns of %s', async (_title, command_type, data, code) => {
    await using app = await quickApp()
    const [root, graph] = await listeners(app, 's')
    const door = await openDoor(app, name, 's')
    const ack = await door.execute(command_type, data)
    expect(ack).toMatchObject({ ok: false, error: { code } })
    await Promise.all([root.settled(), graph.settled()])
    for (const client of [root, graph]) {
      expect(client.names().filter((event) => !event.startsWith('session:'))).toEqual([
        'command:executing',
        'command:failed',
      ])
      expect(client.of('command:failed')[0]).toMatchObject({
        command_id: ack.command_id,
        command_type,
      })
    }
  })

  test.each([
    ['an extra field', { command_type: 'CreateNode', data: CREATE, extra: 1 }],
    ['no command type', { data: CREATE }],
    ['a command type that is no text', { command_type: 7, data: CREATE }],
    ['no data', { command_type: 'CreateNode' }],
    ['a malformed command id', { command_type: 'CreateNode', data: CREATE, command_id: 'a b' }],
    ['a label that is no text', { command_type: 'CreateNode', data: CREATE, label: 1 }],
    ['a malformed session', { command_type: 'CreateNode', data: CREATE, session_id: 'a b' }],
  ])('[CMD9] %s is answered to the caller only', async (_title, payload) => {
    await using app = await quickApp()
    const [root, graph] = await listeners(app, 's')
    const door = await openDoor(app, name, 's')
    expect(await door.ask('execute', payload)).toMatchObject({
      ok: false,
      error: {
        code: 'BAD_REQUEST',
        retryable: false,
        details: [{ path: expect.any(String), expected: expect.any(String) }],
      },
    })
    await Promise.all([root.settled(), graph.settled()])
    expect(story(root)).toEqual([])
    expect(story(graph)).toEqual([])
  })
})

test('[CMD9] a command that could not be read and has no callback is told by error', async () => {
  await using app = await quickApp()
  const [root, graph] = await listeners(app, 's')
  for (const client of [root, graph]) {
    client.socket.emit('execute_command', { session_id: 's', command_type: 7, data: {} })
    expect(await client.next('error')).toMatchObject({ code: 'BAD_REQUEST', retryable: false })
    await client.settled()
    expect(client.names()).toEqual(['error'])
  }
})

test('[CMD5] seq has no gaps, whoever commits and whatever is refused between', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  const doors = await Promise.all(DOORS.map((name) => openDoor(app, name, 's')))
  const parents = Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? 'nowhere' : null))
  const acks = await Promise.all(
    parents.flatMap((parent_id) =>
      doors.map((door) => door.execute('CreateNode', { ...CREATE, parent_id })),
    ),
  )
  const seqs = acks.flatMap((ack) => (ack.ok ? [Number(ack.seq)] : []))
  expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 48 }, (_, i) => i + 1))
})

test('[CMD2] two writers, two namespaces: everybody sees one order of commits', async () => {
  await using app = await quickApp()
  const [root, graph] = await listeners(app, 's')
  const follower = await (await app.client()).join('s', { stream: 'changes' })
  const [even, odd] = [await openDoor(app, '/', 's'), await openDoor(app, '/graph', 's')]
  const acks = await Promise.all(
    Array.from({ length: 200 }, (_, i) => {
      const writer = i % 2 === 0 ? even : odd
      const command_id = `c${i}`
      if (i % 7 === 3) return writer.execute('DeleteNode', { node_id: 'nowhere' }, { command_id })
      return writer.execute('CreateNode', { ...CREATE, node_id: `n${i}` }, { command_id })
    }),
  )
  expect(acks.filter((ack) => ack.ok)).toHaveLength(171)
  await Promise.all([root.settled(), graph.settled(), follower.settled()])
  expect(story(graph)).toEqual(story(root))
  const runs = runsOf(story(root))
  expect(runs).toHaveLength(200)
  expect(new Set(runs.map((run) => run[0]?.event))).toEqual(new Set(['command:executing']))
  expect(new Set(runs.map((run) => run.at(-1)?.event))).toEqual(
    new Set(['command:executed', 'command:failed']),
  )
  const created = story(root).filter(({ event }) => event === 'node-created')
  expect(created.map(({ seq }) => seq)).toEqual(Array.from({ length: 171 }, (_, i) => i + 1))
  const entries = follower
    .of('session:changes')
    .flatMap((frame) => frame.entries as { seq: number; command_id: string }[])
  expect(entries.map(({ command_id }) => command_id)).toEqual(
    created.map(({ command_id }) => command_id),
  )
})

test('[CMD2] commands of one socket keep their order', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  const order = Array.from({ length: 100 }, (_, i) => `n${i}`)
  await Promise.all(
    order.map((node_id) => client.execute('s', 'CreateNode', { ...CREATE, node_id })),
  )
  const nodes = (await app.api('GET', '/graph?session_id=s')).body.nodes as { id: string }[]
  expect(nodes.map(({ id }) => id)).toEqual(order)
})

test('[CMD3] [CMD1] the caller sees the events of its command before the answer', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  client.clear()
  const seen = await client
    .execute('s', 'CreateNode', CREATE)
    .then(() => client.names().filter((name) => name !== 'session:connected'))
  expect(seen).toEqual(['command:executing', 'node-created', 'command:executed'])
})

test('[CMD3] a member that has stopped reading delays nobody', async () => {
  await using app = await quickApp()
  const stalled = await (await app.client()).join('s')
  const engine = stalled.socket.io.engine as unknown as {
    transport: { ws: { _socket: { pause: () => void; resume: () => void } } }
  }
  const tcp = engine.transport.ws._socket
  tcp.pause()
  const [listener, writer] = await Promise.all([app.client(), app.client()])
  await listener.join('s')
  const name = 'x'.repeat(4_000)
  const acks = await Promise.all(
    Array.from({ length: 300 }, () =>
      writer.execute('s', 'CreateNode', { blueprint_type_id: 'task', name }),
    ),
  )
  expect(acks.every((ack) => ack.ok)).toBe(true)
  await listener.next('node-created', (event) => event.seq === 300)
  expect(stalled.of('node-created')).toEqual([])
  tcp.resume()
  await stalled.next('node-created', (event) => event.seq === 300)
  expect(stalled.of('node-created')).toHaveLength(300)
})

test('[CMD1] on /graph the session of the handshake is meant where none is given', async () => {
  await using app = await quickApp()
  const graph = await app.graphClient('s')
  const command = { command_type: 'CreateNode', data: CREATE }
  expect(await graph.ask('execute_command', command)).toMatchObject({ ok: true, seq: 1 })
  expect(await graph.ask('undo_command', {})).toMatchObject({ ok: true, seq: 2 })
})

test('[CMD1] in REST the session of the header is meant where none is given', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  const command = { command_type: 'CreateNode', data: CREATE }
  const answer = await app.api('POST', '/commands/execute', command, { 'x-session-id': 's' })
  expect(answer).toMatchObject({ status: 200, body: { success: true, ok: true, seq: 1 } })
})
