import { describe, expect, test } from 'vitest'
import { DOORS, openDoor, type Answer, type Door } from './doors.js'
import { quickApp, testApp, type TestApp } from './harness.js'

const create = (node_id: string) => ({ blueprint_type_id: 'task', name: 'a', node_id })
const rename = (new_value: string) => ({ node_id: 'n', property_id: 'name', new_value })

async function graphOf(app: TestApp, session_id = 's'): Promise<unknown> {
  return (await app.api('GET', `/graph?session_id=${session_id}`)).body
}

/** Requests whose repetition would differ from their first run, each in its own way. */
const REQUESTS: [title: string, ask: (door: Door) => Promise<Record<string, unknown>>][] = [
  ['a creation, whose id is taken now', (door) => door.execute('CreateNode', create('x'), ID)],
  ['a creation with an id by the server', (door) => door.execute('CreateNode', ANY, ID)],
  [
    'a deletion, whose node is gone now',
    (door) => door.execute('DeleteNode', { node_id: 'd' }, ID),
  ],
  ['a rename', (door) => door.execute('UpdateProperty', rename('b'), ID)],
  ['a command that changes nothing', (door) => door.execute('UpdateProperty', rename('a'), ID)],
  ['a batch', (door) => door.execute('Batch', BATCH, ID)],
  ['an undo', (door) => door.ask('undo', ID)],
]
const ID = { command_id: 'again' }
const ANY = { blueprint_type_id: 'task' }
const BATCH = { commands: [{ command_type: 'CreateNode', data: create('x') }] }

async function prepared(app: TestApp, session_id = 's'): Promise<TestApp> {
  await app.graphClient(session_id)
  const door = await openDoor(app, 'REST', session_id)
  await door.execute('CreateNode', create('n'))
  await door.execute('CreateNode', create('d'))
  return app
}

describe.each(DOORS)('through %s', (name) => {
  test.each(REQUESTS)('[IDEM1] %s is executed once', async (_title, ask) => {
    await using app = await prepared(await quickApp())
    const door = await openDoor(app, name, 's')
    const first = await ask(door)
    expect(first).toMatchObject({ ok: true, command_id: 'again' })
    // A later change, so that the repetition would do something else.
    await door.execute('UpdateProperty', rename('later'))
    const graph = await graphOf(app)
    expect(await ask(door)).toEqual({ ...first, duplicate: true })
    expect(await ask(await openDoor(app, name, 's'))).toEqual({ ...first, duplicate: true })
    expect(await graphOf(app)).toEqual(graph)
  })

  test('[IDEM1] each of them is executed once, also after a restart', async () => {
    await using app = await testApp()
    const requests = REQUESTS.map(([title, ask], n) => ({ title, ask, session_id: `s${n}` }))
    const done = new Map<string, { first: Answer; graph: unknown }>()
    for (const { title, ask, session_id } of requests) {
      await prepared(app, session_id)
      const first = await ask(await openDoor(app, name, session_id))
      expect([title, first]).toMatchObject([title, { ok: true, command_id: 'again' }])
      await (await openDoor(app, name, session_id)).execute('UpdateProperty', rename('later'))
      done.set(session_id, { first, graph: await graphOf(app, session_id) })
    }
    await using again = await app.restart()
    for (const { title, ask, session_id } of requests) {
      const { first, graph } = done.get(session_id) ?? {}
      const door = await openDoor(again, name, session_id)
      expect([title, await ask(door)]).toEqual([title, { ...first, duplicate: true }])
      expect([title, await ask(door)]).toEqual([title, { ...first, duplicate: true }])
      expect([title, await graphOf(again, session_id)]).toEqual([title, graph])
    }
  })

  test.each([
    ['other data', 'CreateNode', create('y'), {}],
    ['another command', 'DeleteNode', { node_id: 'n' }, {}],
    ['another label', 'CreateNode', create('x'), { label: 'other' }],
  ])('[IDEM2] the same command id with %s is refused', async (_title, type, data, rest) => {
    await using app = await prepared(await testApp())
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', create('x'), ID)
    const graph = await graphOf(app)
    const reused = { ok: false, command_id: 'again', error: { code: 'COMMAND_ID_REUSED' } }
    expect(await door.execute(type, data, { ...ID, ...rest })).toMatchObject(reused)
    await using again = await app.restart()
    const restarted = await openDoor(again, name, 's')
    expect(await restarted.execute(type, data, { ...ID, ...rest })).toMatchObject(reused)
    expect(await graphOf(again)).toEqual(graph)
    // The refusal does not take the place of the answer.
    const repeated = await restarted.execute('CreateNode', create('x'), ID)
    expect(repeated).toMatchObject({ ok: true, seq: 3, duplicate: true })
  })

  test.each<[string, [string, object, object?], [string, object, object?]]>([
    ['a parent', ['CreateNode', create('x')], ['CreateNode', { ...create('x'), parent_id: null }]],
    [
      'a place and properties',
      ['CreateNode', create('x')],
      ['CreateNodeCommand', { ...create('x'), position: { at: 'end' }, properties: {} }],
    ],
    [
      'the place of a move',
      ['MoveNode', { node_id: 'd', parent_id: 'n' }],
      ['MoveNode', { node_id: 'd', parent_id: 'n', position: { at: 'end' } }],
    ],
    [
      'the place of a link',
      ['LinkNode', { parent_id: 'n', child_id: 'd' }],
      ['LinkNode', { parent_id: 'n', child_id: 'd', position: { at: 'end' } }],
    ],
    [
      'a place in a batch',
      ['Batch', BATCH, { label: 'Plan' }],
      [
        'Batch',
        {
          label: 'Plan',
          commands: [
            { command_type: 'CreateNodeCommand', data: { ...create('x'), parent_id: null } },
          ],
        },
      ],
    ],
  ])('[IDEM5] %s that is the default may be left out and given', async (_title, short, long) => {
    await using app = await prepared(await quickApp())
    const door = await openDoor(app, name, 's')
    const [type, data, rest] = short
    const done = await door.execute(type, data, { ...rest, ...ID })
    expect(done).toMatchObject({ ok: true })
    const [longType, longData, longRest] = long
    const retry = await door.execute(longType, longData, { ...longRest, ...ID })
    expect(retry).toEqual({ ...done, duplicate: true })
  })

  test('[IDEM5] what differs from the default is another payload', async () => {
    await using app = await prepared(await quickApp())
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', create('x'), ID)
    for (const other of [
      { position: { at: 'start' } },
      { parent_id: 'n' },
      { properties: { p: 1 } },
    ]) {
      const refused = await door.execute('CreateNode', { ...create('x'), ...other }, ID)
      expect(refused).toMatchObject({ ok: false, error: { code: 'COMMAND_ID_REUSED' } })
    }
  })

  test('[IDEM2] a command under the id of an undo is refused', async () => {
    await using app = await prepared(await quickApp())
    const door = await openDoor(app, name, 's')
    await door.ask('undo', ID)
    expect(await door.execute('CreateNode', create('x'), ID)).toMatchObject({
      error: { code: 'COMMAND_ID_REUSED' },
    })
    expect(await door.ask('redo', ID)).toMatchObject({ error: { code: 'COMMAND_ID_REUSED' } })
  })

  test('[IDEM3] a refused command may be tried again, also with another payload', async () => {
    await using app = await prepared(await quickApp())
    const door = await openDoor(app, name, 's')
    const below = { ...create('x'), parent_id: 'p' }
    const refused = { ok: false, command_id: 'again', error: { code: 'INVALID_PARENT' } }
    expect(await door.execute('CreateNode', below, ID)).toMatchObject(refused)
    expect(await door.execute('CreateNode', below, ID)).toMatchObject(refused)
    await door.execute('CreateNode', create('p'))
    const created = { ok: true, command_id: 'again', seq: 4, result: { node_id: 'x' } }
    expect(await door.execute('CreateNode', below, ID)).toEqual(created)
    const other = { command_id: 'other' }
    expect(await door.execute('DeleteNode', { node_id: 'gone' }, other)).toMatchObject({
      ok: false,
    })
    expect(await door.execute('DeleteNode', { node_id: 'n' }, other)).toMatchObject({ ok: true })
  })

  test('[IDEM3] an undo that found nothing may be tried again', async () => {
    await using app = await quickApp()
    await app.graphClient('s')
    const door = await openDoor(app, name, 's')
    expect(await door.ask('undo', ID)).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
    await door.execute('CreateNode', create('n'))
    expect(await door.ask('undo', ID)).toMatchObject({ ok: true, seq: 2, command_id: 'again' })
  })
})

test('[IDEM1] [CMD8] the same command at once through every door runs once', async () => {
  await using app = await prepared(await quickApp())
  const listener = await (await app.client()).join('s')
  const doors = await Promise.all([...DOORS, ...DOORS].map((name) => openDoor(app, name, 's')))
  const acks = await Promise.all(doors.map((door) => door.execute('CreateNode', create('x'), ID)))
  const first = { ok: true, command_id: 'again', seq: 3, result: { node_id: 'x' } }
  expect(acks.filter((ack) => !ack.duplicate)).toEqual([first])
  for (const ack of acks) expect(ack).toMatchObject(first)
  await listener.settled()
  expect(listener.received.filter(({ payload }) => payload.command_id === 'again')).toHaveLength(3)
})

test('[IDEM1] the order of the keys in a payload makes no other payload', async () => {
  await using app = await prepared(await quickApp())
  const door = await openDoor(app, '/', 's')
  const properties = { a: 1, b: { c: 2, d: [3] } }
  await door.execute('CreateNode', { ...create('x'), properties }, ID)
  const turned = { properties: { b: { d: [3], c: 2 }, a: 1 }, ...create('x') }
  expect(await door.execute('CreateNodeCommand', turned, ID)).toMatchObject({ duplicate: true })
})

test('[IDEM1] a command id belongs to its session', async () => {
  await using app = await prepared(await quickApp())
  await app.graphClient('t')
  const [s, t] = await Promise.all([openDoor(app, '/', 's'), openDoor(app, '/', 't')])
  expect(await s.execute('CreateNode', create('x'), ID)).toMatchObject({ seq: 3 })
  const other = await t.execute('CreateNode', create('x'), ID)
  expect(other).toEqual({ ok: true, command_id: 'again', seq: 1, result: { node_id: 'x' } })
})

test.each(['websocket', 'polling'])(
  '[IDEM1] a retry after a lost connection gets the stored answer (%s)',
  async (transport) => {
    await using app = await prepared(await quickApp())
    const client = await app.client({ transports: [transport], reconnectionDelay: 1 })
    const first = await client.execute('s', 'CreateNode', create('x'), ID)
    const back = new Promise((resolve) => client.socket.once('connect', () => resolve(true)))
    client.socket.io.engine.close()
    await back
    const retry = await client.execute('s', 'CreateNode', create('x'), ID)
    expect(retry).toEqual({ ...first, duplicate: true })
  },
)

test('[CMD8] a duplicate is answered to its caller only, also after a restart', async () => {
  await using app = await prepared(await testApp())
  await (await openDoor(app, '/', 's')).execute('CreateNode', create('x'), ID)
  await using again = await app.restart()
  const root = await (await again.client()).join('s')
  const graph = await again.graphClient('s')
  const changes = await (await again.client()).join('s', { stream: 'changes' })
  const all = [root, graph, changes]
  await Promise.all(all.map((client) => client.settled()))
  for (const client of all) client.clear()
  for (const name of DOORS) {
    const retry = await (await openDoor(again, name, 's')).execute('CreateNode', create('x'), ID)
    expect(retry).toMatchObject({ ok: true, duplicate: true })
  }
  await Promise.all(all.map((client) => client.settled()))
  const heard = all.flatMap((client) => client.names())
  expect(heard.filter((name) => !name.startsWith('session:connected'))).toEqual([])
})
