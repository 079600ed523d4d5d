import { afterAll, expect, test } from 'vitest'
import { closeSharedServer, create, treeSession } from './tree-session.js'

afterAll(closeSharedServer)

/** Where a position puts a new node among r(a b c). */
const PLACES: [title: string, position: object | undefined, shape: string][] = [
  ['no position', undefined, 'r(a b c n)'],
  ['the start', { at: 'start' }, 'r(n a b c)'],
  ['the end', { at: 'end' }, 'r(a b c n)'],
  ['before a sibling', { before: 'b' }, 'r(a n b c)'],
  ['after a sibling', { after: 'b' }, 'r(a b n c)'],
  ['an index', { index: 1 }, 'r(a n b c)'],
  ['an index beyond the end', { index: 99 }, 'r(a b c n)'],
  ['an anchor that never was', { before: 'none' }, 'r(a b c n)'],
  ['an anchor that is elsewhere', { after: 'r' }, 'r(a b c n)'],
]

test.each(PLACES)('[ORD1] %s places a created node', async (_title, position, shape) => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'), create('c', 'r'))
  const place = position === undefined ? {} : { position }
  expect(await tree.execute(...create('n', 'r', place))).toMatchObject({ ok: true })
  expect(await tree.shape()).toBe(shape)
  const index = (await tree.node('r')).children.indexOf('n')
  expect(await tree.heard(tree.root, 'index')).toContainEqual(['node-created', index])
})

test.each(PLACES)('[ORD1] %s places a linked node', async (_title, position, shape) => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'), create('c', 'r'), create('n'))
  const place = position === undefined ? {} : { position }
  await tree.execute('LinkNode', { parent_id: 'r', child_id: 'n', ...place })
  expect(await tree.shape()).toBe(shape)
})

test('[ORD1] an anchor that is deleted before the command runs falls back to the end', async () => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'))
  await Promise.all([
    tree.execute('DeleteNode', { node_id: 'a' }),
    tree.execute(...create('n', 'r', { position: { before: 'a' } })),
  ])
  expect(await tree.shape()).toBe('r(b n)')
})

/** Moves of `b` among r(a b c), where it stands already or not. */
const MOVES: [title: string, position: object | undefined, shape: string][] = [
  ['to the start', { at: 'start' }, 'r(b a c)'],
  ['to the end', undefined, 'r(a c b)'],
  ['after the last', { after: 'c' }, 'r(a c b)'],
  ['before the first', { before: 'a' }, 'r(b a c)'],
  ['to index 2', { index: 2 }, 'r(a c b)'],
  ['to index 0', { index: 0 }, 'r(b a c)'],
  ['after the one before it', { after: 'a' }, 'r(a b c)'],
  ['before the one after it', { before: 'c' }, 'r(a b c)'],
  ['to its own index', { index: 1 }, 'r(a b c)'],
  ['beside itself', { before: 'b' }, 'r(a b c)'],
]

test.each(MOVES)('[ORD1] [CMD4] a node moves %s', async (_title, position, shape) => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'), create('c', 'r'))
  const place = position === undefined ? {} : { position }
  const ack = await tree.execute('MoveNode', { node_id: 'b', parent_id: 'r', ...place })
  const moves = shape !== 'r(a b c)'
  expect(ack).toMatchObject({ ok: true, seq: moves ? 5 : null })
  expect(await tree.shape()).toBe(shape)
  const index = (await tree.node('r')).children.indexOf('b')
  expect(await tree.heard(tree.root, 'index')).toEqual([
    ['command:executing'],
    ...(moves ? [['node-unlinked'], ['node-linked', index]] : []),
    ['command:executed'],
  ])
})

/** How a move shows, by where it goes from and to. */
const SHOWN: [title: string, move: object, root: string[], to: object][] = [
  [
    'to another parent',
    { node_id: 'b', parent_id: 's' },
    ['node-unlinked', 'node-linked'],
    { parent_id: 's', index: 0 },
  ],
  [
    'to the roots',
    { node_id: 'b', parent_id: null },
    ['node-unlinked'],
    { parent_id: null, index: 2 },
  ],
  [
    'from the roots',
    { node_id: 's', parent_id: 'r' },
    ['node-linked'],
    { parent_id: 'r', index: 2 },
  ],
  [
    'among the roots',
    { node_id: 's', parent_id: null, position: { index: 0 } },
    ['root-moved'],
    { parent_id: null, index: 0 },
  ],
]

test.each(SHOWN)('[MOVE1] [MOVE2] a move %s is one change', async (_title, move, root, to) => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'), create('s'))
  const follower = await tree.app.client()
  await follower.join(tree.session_id, { stream: 'changes' })
  await tree.done()
  const { seq } = await tree.execute('MoveNode', move)
  const { entries } = await follower.next('session:changes')
  const { node_id } = move as { node_id: string }
  expect(entries).toMatchObject([{ seq, changes: [{ type: 'node-moved', node_id, to }] }])
  const lifecycle = (events: string[]) => ['command:executing', ...events, 'command:executed']
  expect((await tree.heard(tree.root)).flat()).toEqual(lifecycle(root))
  const graph = root.map((event) => `graph:${event}`)
  expect((await tree.heard(tree.graph)).flat()).toEqual(lifecycle(graph))
})

test('[MOVE1] the events of a move say from where, to where and at which index', async () => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('s'), create('b', 's'))
  await tree.execute('MoveNode', { node_id: 'b', parent_id: 'r', position: { at: 'start' } })
  const root = await tree.heard(tree.root, 'parent_id', 'child_id', 'index')
  expect(root.slice(1, -1)).toEqual([
    ['node-unlinked', 's', 'b'],
    ['node-linked', 'r', 'b', 0],
  ])
  const graph = await tree.heard(tree.graph, 'parent_id', 'child_id', 'index')
  expect(graph.slice(1, -1)).toEqual([
    ['graph:node-unlinked', 's', 'b'],
    ['graph:node-linked', 'r', 'b', 0],
  ])
})

test('[MOVE2] a node among the roots says which place it has there', async () => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('s'))
  const place = { position: { at: 'start' } }
  await tree.execute('MoveNode', { node_id: 'a', parent_id: null, ...place })
  await tree.execute('MoveNode', { node_id: 's', parent_id: null, ...place })
  await tree.undo()
  await tree.undo()
  const fields = ['parent_id', 'child_id', 'node_id', 'index']
  const ofMoves = (heard: unknown[][]) =>
    heard.filter(([event]) => !String(event).startsWith('command:'))
  const expected = [
    ['node-unlinked', 'r', 'a', 0],
    ['root-moved', 's', 0],
    ['root-moved', 's', 2],
    ['node-linked', 'r', 'a', 0],
  ]
  expect(ofMoves(await tree.heard(tree.root, ...fields))).toEqual(expected)
  const graph = expected.map(([event, ...rest]) => [`graph:${event}`, ...rest])
  expect(ofMoves(await tree.heard(tree.graph, ...fields))).toEqual(graph)
})

test('[MOVE1] a node that is created below a parent shows as created only', async () => {
  await using tree = await treeSession()
  await tree.done(create('r'))
  await tree.execute(...create('n', 'r'))
  expect((await tree.heard(tree.root)).flat()).toEqual([
    'command:executing',
    'node-created',
    'command:executed',
  ])
  expect((await tree.heard(tree.graph)).flat()).toEqual([
    'command:executing',
    'graph:node-created',
    'command:executed',
  ])
})

test('[MOVE1] undo moves back to the same place, redo there again', async () => {
  await using tree = await treeSession()
  await tree.done(create('r'), create('a', 'r'), create('b', 'r'), create('c', 'r'), create('s'))
  await tree.execute('MoveNode', { node_id: 'b', parent_id: 's' })
  await tree.undo()
  expect(await tree.shape()).toBe('r(a b c) s')
  await tree.redo()
  expect(await tree.shape()).toBe('r(a c) s(b)')
})
