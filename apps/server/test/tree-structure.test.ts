import { afterAll, expect, test } from 'vitest'
import { closeSharedServer, create, lonelyTree, treeSession } from './tree-session.js'

afterAll(closeSharedServer)

const refused = (code: string, path: string) => ({
  ok: false,
  error: { code, details: [{ path, expected: expect.any(String) }] },
})

test('[ID1] the client may choose the id of a node, else the server does', async () => {
  await using tree = await treeSession()
  const chosen = await tree.execute(...create('my.node-1'))
  expect(chosen).toMatchObject({ ok: true, result: { node_id: 'my.node-1' } })
  const { result } = await tree.execute('CreateNode', { blueprint_type_id: 't' })
  const { node_id } = result as { node_id: string }
  expect(node_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await tree.shape()).toBe(`my.node-1 ${node_id}`)
})

test.each([
  ['exists', 'a'],
  ['differs in capitals only', 'A'],
  ['existed', 'gone'],
  ['existed, with other capitals', 'Gone'],
  ['existed below a deleted node', 'leaf'],
])('[ID1] an id that %s is NODE_EXISTS', async (_which, node_id) => {
  await using tree = await treeSession()
  const remove = ['DeleteNode', { node_id: 'gone' }] as const
  await tree.done(create('a'), create('gone'), create('leaf', 'gone'), [...remove])
  expect(await tree.execute(...create(node_id))).toMatchObject(
    refused('NODE_EXISTS', '/data/node_id'),
  )
  expect(await tree.shape()).toBe('a')
})

test('[ID1] an id stays taken after a restart, and free in another session', async () => {
  await using tree = await lonelyTree()
  await tree.done(create('gone'), ['DeleteNode', { node_id: 'gone' }])
  await using app = await tree.app.restart()
  const client = await app.client()
  const again = await client.execute(tree.session_id, ...create('GONE'))
  expect(again).toMatchObject(refused('NODE_EXISTS', '/data/node_id'))
  await client.join('elsewhere')
  expect(await client.execute('elsewhere', ...create('gone'))).toMatchObject({ ok: true })
})

test.each([
  [
    'a node with a parent',
    'LinkNode',
    { parent_id: 'r', child_id: 'b' },
    'ALREADY_LINKED',
    'child_id',
  ],
  [
    'a node with this very parent',
    'LinkNode',
    { parent_id: 'a', child_id: 'b' },
    'ALREADY_LINKED',
    'child_id',
  ],
  [
    'a node below itself',
    'LinkNode',
    { parent_id: 'a', child_id: 'a' },
    'CYCLE_DETECTED',
    'parent_id',
  ],
  [
    'a node below its descendant',
    'LinkNode',
    { parent_id: 'c', child_id: 'a' },
    'CYCLE_DETECTED',
    'parent_id',
  ],
  [
    'a node that is moved below itself',
    'MoveNode',
    { parent_id: 'b', node_id: 'b' },
    'CYCLE_DETECTED',
    'parent_id',
  ],
  [
    'a node that is moved below its descendant',
    'MoveNode',
    { parent_id: 'c', node_id: 'a' },
    'CYCLE_DETECTED',
    'parent_id',
  ],
  [
    'two nodes that are not parent and child',
    'UnlinkNode',
    { parent_id: 'a', child_id: 'c' },
    'NOT_LINKED',
    'parent_id',
  ],
  ['a root', 'UnlinkNode', { parent_id: 'a', child_id: 'r' }, 'NOT_LINKED', 'parent_id'],
  [
    'a missing parent',
    'LinkNode',
    { parent_id: 'none', child_id: 'r' },
    'INVALID_PARENT',
    'parent_id',
  ],
  [
    'a missing parent of a move',
    'MoveNode',
    { parent_id: 'none', node_id: 'r' },
    'INVALID_PARENT',
    'parent_id',
  ],
  [
    'a missing child',
    'LinkNode',
    { parent_id: 'r', child_id: 'none' },
    'NODE_NOT_FOUND',
    'child_id',
  ],
  ['a missing node', 'DeleteNode', { node_id: 'none' }, 'NODE_NOT_FOUND', 'node_id'],
])('[TREE1] [TREE2] %s: %s is refused', async (_what, command_type, data, code, field) => {
  await using tree = await treeSession()
  await tree.done(create('a'), create('b', 'a'), create('c', 'b'), create('r'))
  expect(await tree.execute(command_type, data)).toMatchObject(refused(code, `/data/${field}`))
  expect(await tree.shape()).toBe('a(b(c)) r')
  expect(await tree.heard(tree.root)).toEqual([['command:executing'], ['command:failed']])
  expect(await tree.heard(tree.graph, 'code')).toEqual([
    ['command:executing'],
    ['command:failed', code],
  ])
})

test('[TREE1] the forest is checked when a command executes: of two links one wins', async () => {
  await using tree = await treeSession()
  await tree.done(create('a'), create('b'))
  const acks = await Promise.all([
    tree.execute('LinkNode', { parent_id: 'a', child_id: 'b' }),
    tree.execute('LinkNode', { parent_id: 'b', child_id: 'a' }),
  ])
  expect(acks).toMatchObject([{ ok: true }, { ok: false, error: { code: 'CYCLE_DETECTED' } }])
  expect(await tree.shape()).toBe('a(b)')
})

test('[TREE1] roots are ordered, and keep their order over a restart', async () => {
  await using tree = await lonelyTree()
  await tree.done(
    create('a'),
    create('c'),
    create('b', null, { position: { before: 'c' } }),
    create('z', null, { position: { at: 'start' } }),
    ['MoveNode', { node_id: 'a', parent_id: null, position: { index: 2 } }],
  )
  expect(await tree.shape()).toBe('z b a c')
  await using app = await tree.app.restart()
  const { body } = await app.api('GET', `/graph?session_id=${tree.session_id}`)
  expect(body['roots']).toEqual(['z', 'b', 'a', 'c'])
})

test('[DEL1] a subtree goes in one commit with one event, and undo brings all of it back', async () => {
  await using tree = await treeSession()
  const properties = { p: [1, { q: null }] }
  await tree.done(
    create('r'),
    create('a', 'r'),
    create('x', 'r', { name: 'Ex', properties }),
    create('z', 'r'),
    create('x1', 'x'),
    create('x2', 'x'),
    create('x11', 'x1'),
  )
  const before = await tree.nodes()
  const ack = await tree.execute('DeleteNode', { node_id: 'x' })
  const deleted_ids = ['x', 'x1', 'x11', 'x2']
  expect(ack).toMatchObject({ ok: true, seq: 8, result: { deleted_ids } })
  expect(await tree.shape()).toBe('r(a z)')
  expect(await tree.heard(tree.root, 'node_id', 'deleted_ids')).toEqual([
    ['command:executing'],
    ['node-deleted', 'x', deleted_ids],
    ['command:executed'],
  ])
  expect(await tree.heard(tree.graph, 'node_id', 'deleted_ids')).toEqual([
    ['command:executing'],
    ['graph:node-deleted', 'x', deleted_ids],
    ['command:executed'],
  ])
  expect(await tree.undo()).toMatchObject({ ok: true, seq: 9, undo: { status: 'applied' } })
  expect(await tree.nodes()).toEqual(before)
  const created = tree.root.of('node-created').map(({ node, index }) => [node, index])
  expect(created).toMatchObject([
    [{ id: 'x', parent_id: 'r', name: 'Ex', properties }, 1],
    [{ id: 'x1', parent_id: 'x' }, 0],
    [{ id: 'x11', parent_id: 'x1' }, 0],
    [{ id: 'x2', parent_id: 'x' }, 1],
  ])
})
