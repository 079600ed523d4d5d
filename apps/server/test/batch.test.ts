import { describe, expect, test } from 'vitest'
import { DOORS, openDoor } from './doors.js'
import { quickApp, type TestApp } from './harness.js'

const create = (node_id: string, parent_id: string | null = null) => ({
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', name: node_id, node_id, parent_id },
})

async function graphOf(app: TestApp): Promise<Record<string, unknown>> {
  return (await app.api('GET', '/graph?session_id=s')).body
}

async function entries(app: TestApp): Promise<Record<string, unknown>[]> {
  const { body } = await app.api('GET', '/sessions/s/changes')
  return body.entries as Record<string, unknown>[]
}

const COMMANDS = [
  create('phase'),
  create('task', 'phase'),
  { command_type: 'UpdateProperty', data: { node_id: 'task', property_id: 'p', new_value: 1 } },
  create('other'),
  { command_type: 'LinkNode', data: { parent_id: 'phase', child_id: 'other' } },
  { command_type: 'MoveNodeCommand', data: { node_id: 'task', parent_id: 'other' } },
]

describe.each(DOORS)('through %s', (name) => {
  test('[CMD6] a batch is one entry; later commands use what earlier ones create', async () => {
    await using app = await quickApp()
    const root = await (await app.client()).join('s')
    const door = await openDoor(app, name, 's')
    const data = { commands: COMMANDS, label: 'Plan the phase' }
    const ack = await door.execute('Batch', data, { command_id: 'c' })
    const results = [{ node_id: 'phase' }, { node_id: 'task' }, null, { node_id: 'other' }]
    expect(ack).toEqual({
      ok: true,
      command_id: 'c',
      seq: 1,
      result: { results: [...results, null, null] },
    })
    const [entry, ...others] = await entries(app)
    expect(others).toEqual([])
    expect(entry).toMatchObject({ seq: 1, command_type: 'Batch', label: 'Plan the phase' })
    expect(await graphOf(app)).toMatchObject({
      roots: ['phase'],
      nodes: [
        { id: 'phase', children: ['other'] },
        { id: 'other', children: ['task'] },
        { id: 'task', properties: { p: 1 } },
      ],
    })
    await root.settled()
    const own = root.received.filter(({ payload }) => payload.command_id === 'c')
    expect(own.map(({ event }) => event)).toEqual([
      'command:executing',
      'node-created',
      'node-created',
      'property-changed',
      'node-created',
      'node-linked',
      'node-unlinked',
      'node-linked',
      'command:executed',
    ])
  })

  test('[CMD6] a batch is one undo step', async () => {
    await using app = await quickApp()
    await app.graphClient('s')
    const door = await openDoor(app, name, 's')
    await door.execute('Batch', { commands: COMMANDS }, { command_id: 'c' })
    const { nodes } = await graphOf(app)
    const undone = await door.ask('undo')
    expect(undone).toMatchObject({ seq: 2, target_command_id: 'c', undo: { status: 'applied' } })
    expect(await graphOf(app)).toMatchObject({ nodes: [] })
    expect(await door.ask('undo')).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
    expect(await door.ask('redo')).toMatchObject({ seq: 3, target_command_id: 'c' })
    expect(await graphOf(app)).toMatchObject({ nodes })
  })

  test.each([
    ['a planned refusal', create('x', 'nowhere'), 'INVALID_PARENT', '/data/parent_id'],
    [
      'an unknown command',
      { command_type: 'Explode', data: {} },
      'UNKNOWN_COMMAND',
      '/command_type',
    ],
    [
      'data of the wrong shape',
      { command_type: 'DeleteNode', data: { node_id: 5 } },
      'BAD_REQUEST',
      '/data/node_id',
    ],
    [
      'a batch inside',
      { command_type: 'Batch', data: { commands: [create('x')] } },
      'BAD_REQUEST',
      '/command_type',
    ],
  ])('[CMD6] %s fails the whole batch and leaves no trace', async (_title, bad, code, path) => {
    await using app = await quickApp()
    const root = await (await app.client()).join('s')
    const door = await openDoor(app, name, 's')
    const before = await graphOf(app)
    const ack = await door.execute('Batch', { commands: [...COMMANDS, bad, create('y')] })
    expect(ack).toMatchObject({
      ok: false,
      error: { code, details: [{ path: `/data/commands/6${path}` }] },
    })
    await root.settled()
    expect(root.names().slice(-2)).toEqual(['command:executing', 'command:failed'])
    expect(await graphOf(app)).toEqual(before)
    expect(await door.ask('undo')).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
    // The ids that the batch would have taken are free.
    expect(await door.execute('Batch', { commands: COMMANDS })).toMatchObject({ seq: 1 })
  })
})

test('[CMD6] [CMD4] a batch whose commands change nothing changes nothing', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  const door = await openDoor(app, '/', 's')
  await door.execute('Batch', { commands: COMMANDS })
  const same = { node_id: 'task', property_id: 'p', new_value: 1 }
  const commands = [{ command_type: 'UpdateProperty', data: same }]
  const ack = await door.execute('Batch', { commands })
  expect(ack).toMatchObject({ ok: true, seq: null, result: { results: [null] } })
})

test.each([
  ['no commands', { commands: [] }],
  ['no list', { commands: {} }],
  ['nothing', {}],
  ['more than 10,000 commands', { commands: Array.from({ length: 10_001 }, () => ({})) }],
])('[CMD6] a batch with %s is refused', async (_title, data) => {
  await using app = await quickApp()
  await app.graphClient('s')
  const door = await openDoor(app, '/', 's')
  const { error } = await door.execute('Batch', data)
  // Ten thousand is as wide as any list may be (LIM2).
  expect(['BAD_REQUEST', 'LIMIT_EXCEEDED']).toContain((error as { code: string }).code)
})
