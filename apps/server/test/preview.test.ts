import { describe, expect, test } from 'vitest'
import { DOORS, openDoor } from './doors.js'
import { quickApp, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'

type Command = { command_type: string; data: unknown }

/** The clock stands: a preview and its execution agree on every timestamp. */
const NOW = '2026-01-28T15:30:00.000Z'

const node = (node_id: string, parent_id: string | null, rest: object = {}) => ({
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', name: node_id, node_id, parent_id, ...rest },
})

const SETUP: Command[] = [
  node('a', null),
  node('b', 'a', { properties: { p: 1 } }),
  node('c', 'a'),
  node('d', 'c'),
  node('gone', 'a'),
  { command_type: 'DeleteNode', data: { node_id: 'gone' } },
]

const set = (node_id: string, property_id: string, new_value: unknown, rest: object = {}) => ({
  command_type: 'UpdateProperty',
  data: { node_id, property_id, new_value, ...rest },
})

const COMMANDS: Command[] = [
  node('n', 'a'),
  node('n', 'a', { position: { at: 'start' } }),
  node('n', 'a', { position: { before: 'c' } }),
  node('n', 'a', { position: { after: 'gone' } }),
  node('n', null, { position: { index: 99 } }),
  node('b', null),
  node('B', null),
  node('gone', null),
  node('n', 'nowhere'),
  { command_type: 'DeleteNode', data: { node_id: 'a' } },
  { command_type: 'DeleteNodeCommand', data: { node_id: 'd' } },
  { command_type: 'DeleteNode', data: { node_id: 'gone' } },
  { command_type: 'LinkNode', data: { parent_id: 'a', child_id: 'd' } },
  { command_type: 'LinkNode', data: { parent_id: 'd', child_id: 'a' } },
  { command_type: 'UnlinkNode', data: { parent_id: 'a', child_id: 'c' } },
  { command_type: 'UnlinkNode', data: { parent_id: 'a', child_id: 'd' } },
  { command_type: 'MoveNode', data: { node_id: 'b', parent_id: 'd' } },
  { command_type: 'MoveNode', data: { node_id: 'b', parent_id: 'a', position: { at: 'end' } } },
  { command_type: 'MoveNode', data: { node_id: 'c', parent_id: 'd' } },
  { command_type: 'MoveNode', data: { node_id: 'b', parent_id: 'a', position: { index: 0 } } },
  { command_type: 'MoveNode', data: { node_id: 'd', parent_id: null } },
  set('b', 'p', 2),
  set('b', 'p', 1),
  set('b', 'p', 2, { old_value: 5 }),
  set('b', 'p', null),
  set('b', 'name', 'renamed'),
  set('b', 'toString', 'x'),
  set('nowhere', 'p', 1),
  { command_type: 'DeleteProperty', data: { node_id: 'b', property_id: 'p' } },
  { command_type: 'DeleteProperty', data: { node_id: 'b', property_id: 'q' } },
  { command_type: 'DeleteProperty', data: { node_id: 'b', property_id: 'constructor' } },
  { command_type: 'Batch', data: { commands: [node('n', 'a'), set('n', 'p', 1)] } },
  { command_type: 'Batch', data: { commands: [node('n', 'a'), node('n', 'a')] } },
  { command_type: 'Batch', data: { commands: [set('b', 'p', 1)] } },
  { command_type: 'Batch', data: { commands: [] } },
  { command_type: 'Explode', data: {} },
  { command_type: 'DeleteNode', data: {} },
]

async function prepared(): Promise<TestApp> {
  const app = await quickApp({ now: () => NOW })
  await app.graphClient('s')
  const door = await openDoor(app, 'REST', 's')
  for (const command of SETUP) await door.ask('execute', command)
  return app
}

async function changesAfter(app: TestApp, seq: number): Promise<unknown[]> {
  const { body } = await app.api('GET', `/sessions/s/changes?after_seq=${seq}`)
  return (body.entries as { changes: unknown[] }[]).flatMap((entry) => entry.changes)
}

async function graphOf(app: TestApp): Promise<unknown> {
  return (await app.api('GET', '/graph?session_id=s')).body
}

describe.each(DOORS)('through %s', (name) => {
  const titled = COMMANDS.map((command): [string, Command] => [JSON.stringify(command), command])

  test.each(titled)('[CMD7] a preview tells what executing then does: %s', async (_, command) => {
    await using app = await prepared()
    const door = await openDoor(app, name, 's')
    const before = await graphOf(app)
    const preview = await door.ask('preview', command)
    expect(await graphOf(app)).toEqual(before)
    const ack = await door.ask('execute', command)
    const changes = await changesAfter(app, SETUP.length)
    const { command_id: _id, ...told } = preview
    const executed = { ok: true, seq: SETUP.length, changes, result: ack.result }
    expect(told).toEqual(ack.ok ? executed : { ok: false, error: ack.error })
  })

  test('[CMD7] a preview commits nothing and tells nobody', async () => {
    await using app = await prepared()
    const root = await (await app.client()).join('s')
    const graph = await app.graphClient('s')
    await Promise.all([root.settled(), graph.settled()])
    root.clear()
    graph.clear()
    const door = await openDoor(app, name, 's')
    const command = { ...node('n', 'a'), command_id: 'c' }
    expect(await door.ask('preview', command)).toMatchObject({ ok: true })
    expect(await door.ask('preview', { ...node('n', 'x'), command_id: 'c' })).toMatchObject({
      ok: false,
      command_id: 'c',
    })
    await Promise.all([root.settled(), graph.settled()])
    const heard = [...root.names(), ...graph.names()]
    expect(heard.filter((event) => event !== 'session:connected')).toEqual([])
    // Neither the command id nor the node id is used up.
    expect(await door.ask('execute', command)).toEqual({
      ok: true,
      command_id: 'c',
      seq: SETUP.length + 1,
      result: { node_id: 'n' },
    })
  })

  test('[CMD10] [IDEM1] [IDEM2] under an id that is taken, a preview tells what executing tells', async () => {
    await using app = await prepared()
    const door = await openDoor(app, name, 's')
    const same = { ...set('b', 'name', 'b'), command_id: 'nothing' }
    const created = { ...node('n', 'a'), command_id: 'c' }
    for (const command of [created, same]) await door.ask('execute', command)
    await door.ask('execute', set('b', 'p', 9))
    const graph = await graphOf(app)
    for (const command of [created, same, { ...created, command_type: 'CreateNodeCommand' }]) {
      const preview = await door.ask('preview', command)
      const ack = await door.ask('execute', command)
      expect(ack).toMatchObject({ ok: true, duplicate: true })
      expect(preview).toEqual({ ...ack, seq: ack.seq ?? SETUP.length + 2, changes: [] })
    }
    for (const command of [
      { ...node('m', 'a'), command_id: 'c' },
      { ...set('b', 'p', 9), command_id: 'nothing' },
    ]) {
      const preview = await door.ask('preview', command)
      expect(preview).toMatchObject({ ok: false, error: { code: 'COMMAND_ID_REUSED' } })
      expect(preview).toEqual(await door.ask('execute', command))
    }
    expect(await graphOf(app)).toEqual(graph)
  })

  test('[CMD7] [CMD9] a preview that could not be read is answered like its command', async () => {
    await using app = await prepared()
    const door = await openDoor(app, name, 's')
    for (const payload of [{}, { ...node('n', 'a'), extra: 1 }, { command_type: 5, data: null }]) {
      const preview = await door.ask('preview', payload)
      expect(preview).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
      expect(preview).toEqual(await door.ask('execute', payload))
    }
  })
})

test('[CMD7] a preview stands upon the commands that came before it', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const client = await (await app.client()).join('s')
  const arrived = held.hold()
  const executed = client.ask('execute_command', { session_id: 's', ...node('a', null) })
  await arrived
  const preview = client.ask('preview_command', { session_id: 's', ...node('b', 'a') })
  held.release()
  expect(await executed).toMatchObject({ ok: true, seq: 1 })
  expect(await preview).toMatchObject({ ok: true, seq: 1, changes: [{ parent_id: 'a' }] })
})
