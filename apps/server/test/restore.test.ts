import { isDeepStrictEqual } from 'node:util'
import { ROUTES, type Node } from '@talus/protocol'
import { afterAll, expect, test } from 'vitest'
import { quickApp, testApp, type TestApp } from './harness.js'
import { entriesOf, play, replayed } from './random-history.js'
import { closeSharedServer, create, treeSession } from './tree-session.js'

afterAll(closeSharedServer)

async function nodesOf(app: TestApp): Promise<Node[]> {
  return (await app.api('GET', '/graph?session_id=s')).body.nodes as Node[]
}

test.each([1, 2, 3, 4, 5])(
  '[HIST3] restoring leads to exactly that state, and undo and redo lead back (seed %i)',
  async (seed) => {
    await using app = await quickApp()
    const writer = await (await app.client()).join('s')
    await play(writer, 's', { seed, count: 120 })
    for (const part of [0, 0.25, 0.5, 0.9]) {
      const states = replayed(await entriesOf(app, 's'))
      const seq = Math.floor((states.length - 1) * part)
      const { status, body } = await app.api('POST', '/sessions/s/restore', { seq })
      expect([status, body.result]).toEqual([200, { restored_seq: seq }])
      expect(await nodesOf(app)).toEqual(states[seq])
      const differed = !isDeepStrictEqual(states[seq], states.at(-1))
      expect(body.seq).toBe(differed ? states.length : null)
      if (!differed) continue
      await app.api('POST', '/sessions/s/undo', {})
      expect(await nodesOf(app)).toEqual(states.at(-1))
      await app.api('POST', '/sessions/s/redo', {})
      expect(await nodesOf(app)).toEqual(states[seq])
    }
  },
)

test('[HIST3] it leads back past a project load, to nodes of the same ids and other types', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  for (const [node_id, parent_id] of [
    ['a', null],
    ['b', 'a'],
    ['c', 'b'],
  ] as const) {
    await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id, parent_id })
  }
  const former = await nodesOf(app)
  const nodes = [
    { id: 'a', type: 'u', children: ['c', 'b'] },
    { id: 'b', type: 't' },
    { id: 'c', type: 'u', children: ['d'] },
    { id: 'd', type: 'u' },
  ]
  const project = await app.api('POST', '/projects/import', { graph: { nodes } })
  const load = `/projects/${String(project.body.project_id)}/load`
  expect((await app.api('POST', load, { session_id: 's' })).status).toBe(200)
  const loaded = await nodesOf(app)
  for (const [path, body, expected] of [
    ['restore', { seq: 3 }, former],
    ['undo', {}, loaded],
    ['redo', {}, former],
    ['restore', { seq: 4 }, loaded],
  ] as const) {
    expect((await app.api('POST', `/sessions/s/${path}`, body)).status).toBe(200)
    expect([path, await nodesOf(app)]).toEqual([path, expected])
  }
})

test('[HIST3] [CMD4] where nothing differs nothing is appended', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'a' })
  await writer.execute('s', 'DeleteNode', { node_id: 'a' })
  const { body } = await app.api('POST', '/sessions/s/restore', { seq: 0, command_id: 'r' })
  expect(body).toMatchObject({ success: true, command_id: 'r', seq: null })
  expect(await entriesOf(app, 's')).toHaveLength(2)
})

test('[HIST3] [ID1] a deleted id comes back, and stays taken for everything else', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  const node = { blueprint_type_id: 't', node_id: 'a', properties: { x: 1 } }
  await writer.execute('s', 'CreateNode', node)
  const before = await nodesOf(app)
  await writer.execute('s', 'DeleteNode', { node_id: 'a' })
  expect(await writer.execute('s', 'CreateNode', node)).toMatchObject({ ok: false })
  await app.api('POST', '/sessions/s/restore', { seq: 1 })
  expect(await nodesOf(app)).toEqual(before)
  const again = await writer.execute('s', 'CreateNode', node)
  expect(again).toMatchObject({ error: { code: 'NODE_EXISTS' } })
})

test('[HIST3] the entry is minimal and says what it is; nothing before it changes', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  for (const node_id of ['a', 'b', 'c']) {
    await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id })
  }
  await writer.execute('s', 'MoveNode', {
    node_id: 'c',
    parent_id: null,
    position: { at: 'start' },
  })
  const before = await entriesOf(app, 's')
  const request = { seq: 3, command_id: 'r', label: 'Back to three' }
  const headers = { 'x-actor-id': 'ann' }
  await app.api('POST', '/sessions/s/restore', request, headers)
  const entries = await entriesOf(app, 's')
  expect(entries.slice(0, 4)).toEqual(before)
  expect(entries[4]).toMatchObject({
    seq: 5,
    command_id: 'r',
    command_type: 'Restore',
    kind: 'do',
    actor: { id: 'ann' },
    label: 'Back to three',
    result: { restored_seq: 3 },
  })
  const to = { parent_id: null, index: 2 }
  expect(entries[4]?.changes).toEqual([
    { type: 'node-moved', node_id: 'c', from: { parent_id: null, index: 0 }, to },
  ])
})

test('[HIST3] [IDEM1] a repeated restore is not executed again, also after a restart', async () => {
  await using app = await testApp()
  const writer = await (await app.client()).join('s')
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 't' })
  const request = { seq: 0, command_id: 'r' }
  const first = await app.api('POST', '/sessions/s/restore', request)
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'later' })
  const again = await app.api('POST', '/sessions/s/restore', request)
  expect(again.body).toEqual({ ...first.body, duplicate: true })
  await using restarted = await app.restart()
  const late = await restarted.api('POST', '/sessions/s/restore', request)
  expect(late.body).toEqual({ ...first.body, duplicate: true })
  expect((await nodesOf(restarted)).map(({ id }) => id)).toEqual(['later'])
})

test('[CMD11] [CMD4] a restore that changes nothing shows as a command without events', async () => {
  await using tree = await treeSession()
  const { app, session_id, root, graph } = tree
  await tree.done(create('a'), create('b'), ['DeleteNode', { node_id: 'b' }])
  const request = { seq: 1, label: 'Back to one', command_id: 'r' }
  for (const duplicate of [undefined, true]) {
    const { body } = await app.api('POST', `/sessions/${session_id}/restore`, request)
    expect(body).toMatchObject({ seq: null, result: { restored_seq: 1 } })
    expect(body.duplicate).toBe(duplicate)
    const fields = ['command_type', 'result', 'label', 'seq', 'command_id']
    const shown = (result: unknown) => [
      ['command:executing', 'Restore', 'r'],
      ['command:executed', 'Restore', result, 'Back to one', 'r'],
    ]
    // A retry is answered to its caller only (CMD8).
    expect(await tree.heard(root, ...fields)).toEqual(duplicate ? [] : shown({ restored_seq: 1 }))
    expect(await tree.heard(graph, ...fields)).toEqual(duplicate ? [] : shown(null))
  }
})

test('[HIST3] [CMD2] everybody sees a restore as a command with its events', async () => {
  await using tree = await treeSession()
  const { app, session_id, root, graph } = tree
  await tree.done(create('a'), create('b', 'a'), ['DeleteNode', { node_id: 'b' }])
  const { body } = await app.api('POST', `/sessions/${session_id}/restore`, { seq: 2 })
  expect(body).toMatchObject({ success: true, seq: 4 })
  const about = ['command_type', 'result', 'seq']
  expect(await tree.heard(root, ...about)).toEqual([
    ['command:executing', 'Restore'],
    ['node-created', 4],
    ['command:executed', 'Restore', { restored_seq: 2 }, 4],
  ])
  expect((await tree.heard(graph)).flat()).toEqual([
    'command:executing',
    'graph:node-created',
    'command:executed',
  ])
  expect(await tree.shape()).toBe('a(b)')
})

test('[HIST3] what others did since is safe from the undo of a restore', async () => {
  await using tree = await treeSession()
  const { app, session_id } = tree
  await tree.done(create('a'), ['UpdateProperty', { node_id: 'a', property_id: 'x', new_value: 1 }])
  const path = `/sessions/${session_id}`
  await app.api('POST', `${path}/restore`, { seq: 0 }, { 'x-actor-id': 'ann' })
  await app.api('POST', `${path}/restore`, { seq: 2 }, { 'x-actor-id': 'ann' })
  await tree.done(['UpdateProperty', { node_id: 'a', property_id: 'x', new_value: 2 }])
  const { body } = await app.api('POST', `${path}/undo`, {}, { 'x-actor-id': 'ann' })
  const skipped = [{ node_id: 'a', reason: 'edited', by: 'anonymous' }]
  expect(body.undo).toMatchObject({ status: 'noop', skipped })
  expect(await tree.shape()).toBe('a')
})

test('[HIST3] it needs the owner role, and a seq that there was', async () => {
  expect(ROUTES.RestoreRoute.requires).toBe('owner')
  await using app = await quickApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  const { status, body } = await app.api('POST', '/sessions/s/restore', { seq: 1, command_id: 'r' })
  const details = [{ path: '/seq', expected: 'a seq of 0 at most', actual: 1 }]
  const error = { code: 'BAD_REQUEST', details }
  expect([status, body]).toMatchObject([400, { success: false, command_id: 'r', error }])
})
