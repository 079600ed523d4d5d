import { expect, test } from 'vitest'
import { enter, enterGraph, idsOf, nodesOf, valueOf } from './cast.js'
import { testApp, type TestApp } from './harness.js'

const refused = (code: string) => ({ ok: false, error: { code } })
const applied = { ok: true, undo: { status: 'applied', skipped: [] } }

const rest = (app: TestApp, kind: 'undo' | 'redo', actor?: string, body: object = {}) =>
  app.api('POST', `/sessions/s/${kind}`, body, actor === undefined ? {} : { 'x-actor-id': actor })

test('[UNDO1] every actor undoes its own last command, on sockets and REST alike', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enterGraph(app, 's', 'ben')]
  await ann.create('a')
  await ben.create('b')
  await ann.set('a', 'p', 1)
  await ben.set('b', 'p', 1)
  expect(await ann.undo()).toMatchObject(applied)
  expect(await nodesOf(app, 's')).toMatchObject([
    { id: 'a', properties: {} },
    { id: 'b', properties: { p: 1 } },
  ])
  const answer = await rest(app, 'undo', 'ann')
  expect(answer.body).toMatchObject({ success: true, ...applied })
  expect(await idsOf(app, 's')).toEqual(['b'])
  expect(await ann.undo()).toMatchObject(refused('NOTHING_TO_UNDO'))
  expect(await rest(app, 'undo', 'ben')).toMatchObject({ status: 200 })
  expect(await ben.undo()).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual([])
})

test('[UNDO1] an actor has one stack, whichever way it comes in and however it is named', async () => {
  await using app = await testApp()
  const root = await enter(app, 's', 'ann')
  const graph = await enterGraph(app, 's', 'ann')
  const headers = { 'x-session-id': 's', 'x-actor-id': 'ann', 'x-actor-name': 'Ann A.' }
  await root.create('1')
  await graph.create('2')
  const command = { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: '3' } }
  await app.api('POST', '/commands/execute', command, headers)
  await root.undo()
  await root.undo()
  expect(await idsOf(app, 's')).toEqual(['1'])
  await graph.redo()
  expect(await idsOf(app, 's')).toEqual(['1', '2'])
})

test('[UNDO1] [ACT1] callers without identity share one stack', async () => {
  await using app = await testApp()
  const [one, two, three] = [
    await enter(app, 's'),
    await enter(app, 's'),
    await enterGraph(app, 's'),
  ]
  await one.create('1')
  await two.create('2')
  await three.create('3')
  expect(await rest(app, 'undo')).toMatchObject({ status: 200 })
  expect(await idsOf(app, 's')).toEqual(['1', '2'])
  expect(await one.undo()).toMatchObject(applied)
  expect(await three.undo()).toMatchObject(applied)
  expect(await two.undo()).toMatchObject(refused('NOTHING_TO_UNDO'))
  expect(await two.redo()).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual(['1'])
})

test('[UNDO1] stacks belong to one session', async () => {
  await using app = await testApp()
  const [here, there] = [await enter(app, 's', 'ann'), await enter(app, 'other', 'ann')]
  await here.create('1')
  expect(await there.undo()).toMatchObject(refused('NOTHING_TO_UNDO'))
  expect(await there.redo()).toMatchObject(refused('NOTHING_TO_REDO'))
})

test('[UNDO1] scope session undoes the last commit of anybody, and its owner may redo it', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ben.create('b')
  await ann.create('a')
  expect(await ben.undo({ scope: 'session' })).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual(['b'])
  expect(await ben.redo()).toMatchObject(refused('NOTHING_TO_REDO'))
  expect(await ann.redo()).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual(['b', 'a'])
  const answer = await rest(app, 'undo', 'cleo', { scope: 'session' })
  expect(answer.status).toBe(200)
  expect(await idsOf(app, 's')).toEqual(['b'])
  expect(await rest(app, 'redo', 'cleo', { scope: 'session' })).toMatchObject({ status: 200 })
  expect(await idsOf(app, 's')).toEqual(['b', 'a'])
})

test('[UNDO1] target_command_id picks a step that is not the last', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ann.create('a')
  const { command_id: target_command_id } = await ann.set('a', 'p', 1)
  await ann.set('a', 'q', 2)
  for (const wrong of [{ target_command_id: 'none' }, { target_command_id, scope: 'actor' }]) {
    expect(await ben.undo(wrong)).toMatchObject(refused('NOTHING_TO_UNDO'))
  }
  expect(await ann.undo({ target_command_id })).toMatchObject({ ...applied, target_command_id })
  expect(await nodesOf(app, 's')).toMatchObject([{ properties: { q: 2 } }])
  expect(await valueOf(app, 's', 'a', 'p')).toBeUndefined()
  expect(await ann.undo({ target_command_id })).toMatchObject(refused('NOTHING_TO_UNDO'))
  expect(await ann.redo({ target_command_id })).toMatchObject(applied)
  expect(await ben.undo({ target_command_id, scope: 'session' })).toMatchObject(applied)
  expect(await nodesOf(app, 's')).toMatchObject([{ properties: { q: 2 } }])
})

test('[UNDO2] an undo is a commit with its effects and its own event, and nothing else', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  await ann.execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' }, { command_id: 'c' })
  await Promise.all([root.settled(), graph.settled()])
  for (const client of [root, graph, ann.client]) client.clear()

  expect(await ann.undo({ command_id: 'u' })).toMatchObject({ ...applied, seq: 2 })
  expect(await ann.redo({ command_id: 'r' })).toMatchObject({ ...applied, seq: 3 })
  await Promise.all([root.settled(), graph.settled(), ann.client.settled()])
  const seen = (client: typeof root) =>
    client.received.map(({ event, payload }) => [event, payload])
  const from = (command_id: string, seq: number) => ({ command_id, seq, actor: { id: 'ann' } })
  const named = (seq: number, entry_command_id: string) => ({
    ...from('c', seq),
    command_type: 'CreateNode',
    target_command_id: 'c',
    entry_command_id,
  })
  const effects = (prefix: string) => [
    [`${prefix}node-deleted`, { node_id: 'n', ...from('u', 2) }],
    ['command:undo', named(2, 'u')],
    [`${prefix}node-created`, from('r', 3)],
    ['command:redo', named(3, 'r')],
  ]
  expect(seen(root)).toMatchObject(effects(''))
  expect(seen(graph)).toMatchObject(effects('graph:'))
  const entries = ann.client.of('session:changes').flatMap((frame) => frame['entries'])
  expect(entries).toMatchObject([
    { seq: 2, kind: 'undo', command_id: 'u', target_command_id: 'c', command_type: 'CreateNode' },
    { seq: 3, kind: 'redo', command_id: 'r', target_command_id: 'c', command_type: 'CreateNode' },
  ])
})

test('[UNDO2] a refused undo tells its caller only', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  await Promise.all([root.settled(), graph.settled()])
  for (const client of [root, graph]) client.clear()
  expect(await ann.undo()).toMatchObject(refused('NOTHING_TO_UNDO'))
  const answer = await rest(app, 'redo', 'ann')
  expect(answer).toMatchObject({ status: 409, body: { error: { code: 'NOTHING_TO_REDO' } } })
  await Promise.all([root.settled(), graph.settled()])
  expect([root.names(), graph.names()]).toEqual([[], []])
})

test('[UNDO2] [IDEM1] an undo that is sent again is not executed again', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  await ann.create('1')
  await ann.create('2')
  const first = await ann.undo({ command_id: 'u' })
  expect(await ann.undo({ command_id: 'u' })).toEqual({ ...first, duplicate: true })
  const body = { command_id: 'u' }
  expect((await rest(app, 'undo', 'ann', body)).body).toMatchObject({ ...first, duplicate: true })
  expect(await idsOf(app, 's')).toEqual(['1'])
  expect(await ann.redo({ command_id: 'u' })).toMatchObject(refused('COMMAND_ID_REUSED'))
  await using again = await app.restart()
  const late = await enter(again, 's', 'ann')
  expect(await late.undo({ command_id: 'u' })).toEqual({ ...first, duplicate: true })
  expect(await idsOf(again, 's')).toEqual(['1'])
})

/** One of every command; each changes the tree that the ones before it leave. */
const SCRIPT: [command_type: string, data: object][] = [
  ['CreateNode', { blueprint_type_id: 't', node_id: 'r' }],
  ['CreateNode', { blueprint_type_id: 't', node_id: 'a', parent_id: 'r', properties: { p: 0 } }],
  ['CreateNode', { blueprint_type_id: 't', node_id: 'b', parent_id: 'r', position: { index: 0 } }],
  ['UpdateProperty', { node_id: 'a', property_id: 'p', new_value: { x: [1] } }],
  ['UpdateProperty', { node_id: 'a', property_id: 'q', new_value: null }],
  ['UpdateProperty', { node_id: 'a', property_id: 'name', new_value: 'A' }],
  ['MoveNode', { node_id: 'a', parent_id: 'b' }],
  ['DeleteProperty', { node_id: 'a', property_id: 'p' }],
  ['UnlinkNode', { parent_id: 'b', child_id: 'a' }],
  ['LinkNode', { parent_id: 'r', child_id: 'a', position: { at: 'start' } }],
  ['DeleteNode', { node_id: 'r' }],
  [
    'Batch',
    {
      commands: [
        { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'x' } },
        {
          command_type: 'CreateNode',
          data: { blueprint_type_id: 't', node_id: 'y', parent_id: 'x' },
        },
        { command_type: 'UpdateProperty', data: { node_id: 'y', property_id: 'p', new_value: 1 } },
        { command_type: 'MoveNode', data: { node_id: 'y', parent_id: null } },
      ],
    },
  ],
]

test('[UNDO5] n undos and n redos go through the same documents', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  const documents = [await nodesOf(app, 's')]
  for (const [command_type, data] of SCRIPT) {
    expect(await ann.execute(command_type, data)).toMatchObject({ ok: true })
    documents.push(await nodesOf(app, 's'))
  }
  for (let round = 0; round < 2; round += 1) {
    for (const document of documents.slice(0, -1).toReversed()) {
      expect(await ann.undo()).toMatchObject(applied)
      expect(await nodesOf(app, 's')).toEqual(document)
    }
    for (const document of documents.slice(1)) {
      expect(await ann.redo()).toMatchObject(applied)
      expect(await nodesOf(app, 's')).toEqual(document)
    }
  }
  expect(await ann.redo()).toMatchObject(refused('NOTHING_TO_REDO'))
})

test('[UNDO5] redo restores what was there when the undo ran', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ann.create('r')
  await ann.create('n', 'r')
  await ann.set('n', 'p', 'ann')
  await ben.create('m', 'r')
  await ann.undo()
  await ann.undo()
  expect(await idsOf(app, 's')).toEqual(['r', 'm'])
  await ann.redo()
  await ann.redo()
  expect(await valueOf(app, 's', 'n', 'p')).toBe('ann')
  expect(await idsOf(app, 's')).toEqual(['r', 'n', 'm'])
})

test('[UNDO6] a new command clears the redo stack of its actor only', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ann.create('a')
  await ben.create('b')
  await ann.undo()
  await ben.undo()
  await ann.create('c')
  expect(await ann.redo()).toMatchObject(refused('NOTHING_TO_REDO'))
  expect(await ben.redo()).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual(['b', 'c'])
})

test('[UNDO6] [CMD4] a command that is refused or changes nothing clears no redo stack', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  await ann.create('a')
  await ann.create('b')
  await ann.undo()
  expect(await ann.create('none', 'missing')).toMatchObject({ ok: false })
  expect(await ann.set('a', 'name', 't')).toMatchObject({ ok: true, seq: null })
  expect(await ann.redo()).toMatchObject(applied)
  expect(await idsOf(app, 's')).toEqual(['a', 'b'])
})
