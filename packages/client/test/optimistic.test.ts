import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Client, type Session, type TalusError } from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server[Symbol.asyncDispose]())

function client(actor: string, url = server.url): Client {
  const connected = connect(url, { actor })
  onTestFinished(() => connected.close())
  return connected
}

/** A session whose wire the test holds in its hands. */
async function wired(id: string): Promise<{ session: Session; network: Network }> {
  const network = await Network.to(server.url)
  onTestFinished(() => network[Symbol.asyncDispose]())
  return { session: await client('ada', network.url).join(id), network }
}

const create = (session: Session, node_id: string, parent_id: string | null = null) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name: node_id, node_id, parent_id })

const set = (session: Session, node_id: string, new_value: string) =>
  session.execute('UpdateProperty', { node_id, property_id: 'p', new_value })

const value = ({ graph }: Session, id: string) => graph.node(id)?.properties['p']

test('a command shows at once, before anybody else knows, and stays when it is confirmed', async () => {
  const { session, network } = await wired('at-once')
  network.stall()
  const created = session.execute('CreateNode', { blueprint_type_id: 'task', name: 'Cut' })
  const [id = ''] = session.graph.roots()
  expect(session.graph.node(id)?.name).toBe('Cut')
  expect(session.pending).toBe(1)
  const renamed = session.execute('UpdateProperty', {
    node_id: id,
    property_id: 'name',
    new_value: 'Recut',
  })
  expect(session.graph.node(id)?.name).toBe('Recut')
  network.mend()
  expect((await created).result).toEqual({ node_id: id })
  await renamed
  expect(session.graph.node(id)?.name).toBe('Recut')
  expect(session.pending).toBe(0)
})

test('a batch shows at once; what its nodes are called is known before the server answers', async () => {
  const { session, network } = await wired('batch')
  network.stall()
  const batch = session.batch([
    { command_type: 'CreateNode', data: { blueprint_type_id: 'phase', node_id: 'shoot' } },
    { command_type: 'CreateNode', data: { blueprint_type_id: 'task', parent_id: 'shoot' } },
  ])
  const shown = session.graph.children('shoot')
  expect(shown).toHaveLength(1)
  network.mend()
  expect((await batch).result.results[1].node_id).toBe(shown[0])
  expect(session.graph.children('shoot')).toBe(shown)
})

test('a refusal takes the prediction back and says why, by promise and by event', async () => {
  const { session, network } = await wired('refused')
  await create(session, 'n')
  await set(session, 'n', 'old')
  const other = await client('bob').join('refused')
  network.stall()
  const before = session.graph.node('n')
  const edit = { node_id: 'n', property_id: 'p', new_value: 'mine', old_value: 'old' }
  const editing = rejection(session.execute('UpdateProperty', edit))
  const rejected = vi.fn<(error: TalusError) => void>()
  session.on('rejected', rejected)
  expect(value(session, 'n')).toBe('mine')
  await other.execute('UpdateProperty', { node_id: 'n', property_id: 'q', new_value: 1 })
  await set(other, 'n', 'theirs')
  network.mend()
  const error = await editing
  expect(error).toMatchObject({ code: 'PRECONDITION_FAILED', retryable: false })
  expect(rejected.mock.calls).toEqual([[error]])
  expect(session.graph.node('n')?.properties).toEqual({ p: 'theirs', q: 1 })
  expect(before?.properties).toEqual({ p: 'old' })
})

test('predictions stand on top of what others do meanwhile', async () => {
  const { session, network } = await wired('on-top')
  const bob = await client('bob').join('on-top')
  await create(session, 'a')
  await eventually(() => expect(bob.graph.node('a')).toBeDefined())
  const pulled = [
    (network.cut(), set(session, 'a', 'ada')),
    create(session, 'below', 'a'),
    session.execute('MoveNode', { node_id: 'below', parent_id: null, position: { at: 'start' } }),
  ]
  await set(bob, 'a', 'bob')
  await create(bob, 'first')
  await bob.execute('MoveNode', { node_id: 'first', parent_id: null, position: { at: 'start' } })
  expect(session.graph.roots()).toEqual(['below', 'a'])
  network.mend()
  await Promise.all(pulled)
  expect(value(session, 'a')).toBe('ada')
  expect(session.graph.roots()).toEqual(['below', 'first', 'a'])
  await eventually(() => expect(bob.graph.roots()).toEqual(['below', 'first', 'a']))
  expect(value(bob, 'a')).toBe('ada')
})

test('a prediction that is made again and is equal stays the same object', async () => {
  const { session, network } = await wired('same')
  const bob = await client('bob').join('same')
  await create(session, 'a')
  await create(bob, 'b')
  network.stall()
  const [one, two] = [set(session, 'a', 'v'), create(session, 'c', 'a')]
  const shown = [session.graph.node('a'), session.graph.node('c'), session.graph.children('a')]
  const told = vi.fn<() => void>()
  session.graph.subscribeNode('a', told)
  session.graph.subscribeChildren('a', told)
  await set(bob, 'b', 'v')
  network.mend()
  await Promise.all([one, two])
  await eventually(() => expect(value(session, 'b')).toBe('v'))
  expect(session.graph.node('a')).toBe(shown[0])
  expect(session.graph.children('a')).toBe(shown[2])
  expect(told).not.toHaveBeenCalled()
})

test('what cannot be foreseen is not shown, harms nothing, and the server decides', async () => {
  const { session, network } = await wired('unforeseen')
  network.stall()
  const wrong = { commands: [{ command_type: 'CreateNode', data: null }] } as never
  const broken = rejection(session.execute('Batch', wrong))
  const orphan = rejection(create(session, 'orphan', 'nowhere'))
  const fine = create(session, 'fine')
  expect(session.graph.roots()).toEqual(['fine'])
  network.mend()
  expect((await broken).code).toBe('BAD_REQUEST')
  expect((await orphan).code).toBe('INVALID_PARENT')
  await fine
  expect(session.graph.roots()).toEqual(['fine'])
})

test('a command that changes nothing has no entry, and its promise resolves', async () => {
  const session = await client('ada').join('nothing')
  await create(session, 'n')
  await set(session, 'n', 'v')
  expect((await set(session, 'n', 'v')).seq).toBeNull()
  expect(session.seq).toBe(2)
})

test('undo and redo show at once as well, in the order of the calls', async () => {
  const { session, network } = await wired('undo')
  await create(session, 'n')
  await set(session, 'n', 'one')
  network.stall()
  const calls: Promise<unknown>[] = []
  const after = (call: Promise<unknown>) => {
    calls.push(call)
    return value(session, 'n')
  }
  const two = { node_id: 'n', property_id: 'p', new_value: 'two' }
  expect(after(session.execute('UpdateProperty', two, { mergeKey: false }))).toBe('two')
  expect(after(session.undo())).toBe('one')
  expect(after(session.undo())).toBeUndefined()
  expect(session.canRedo).toBe(true)
  expect(after(session.redo())).toBe('one')
  expect(after(session.redo())).toBe('two')
  expect(session.canRedo).toBe(false)
  expect(after(session.undo())).toBe('one')
  network.mend()
  await Promise.all(calls)
  expect(value(session, 'n')).toBe('one')
  expect((await session.undo()).undo).toEqual({ status: 'applied', skipped: [] })
  expect(session.graph.node('n')?.properties).toEqual({})
})

test('[UNDO3] an undo reverts what still stands, says what it left alone, and shows the truth', async () => {
  const ada = await client('ada').join('partial')
  const bob = await client('bob').join('partial')
  await create(ada, 'n')
  await ada.batch([
    { command_type: 'UpdateProperty', data: { node_id: 'n', property_id: 'p', new_value: 1 } },
    { command_type: 'UpdateProperty', data: { node_id: 'n', property_id: 'q', new_value: 1 } },
  ])
  await set(bob, 'n', 'theirs')
  await eventually(() => expect(ada.seq).toBe(3))
  const skipped = [{ node_id: 'n', property_id: 'p', reason: 'superseded', by: 'bob', seq: 3 }]
  expect((await ada.undo()).undo).toEqual({ status: 'partial', skipped })
  expect(ada.graph.node('n')?.properties).toEqual({ p: 'theirs' })
  await ada.execute('UpdateProperty', { node_id: 'n', property_id: 'p', new_value: 'again' })
  await set(bob, 'n', 'theirs again')
  await eventually(() => expect(value(ada, 'n')).toBe('theirs again'))
  const noop = await ada.undo()
  expect(noop).toMatchObject({ seq: null, undo: { status: 'noop' } })
  expect(value(ada, 'n')).toBe('theirs again')
})

test('canUndo and canRedo are those of the actor, and are known again after a reload', async () => {
  const ada = await client('ada').join('can')
  const bob = await client('bob').join('can')
  const states: unknown[] = []
  ada.on('undo', (state) => states.push(state))
  await create(bob, 'theirs')
  await eventually(() => expect(ada.graph.size).toBe(1))
  expect([ada.canUndo, ada.canRedo]).toEqual([false, false])
  await create(ada, 'mine')
  await ada.undo()
  expect(states).toEqual([
    { canUndo: true, canRedo: false },
    { canUndo: false, canRedo: true },
  ])
  const reloaded = await client('ada').join('can')
  expect([reloaded.canUndo, reloaded.canRedo]).toEqual([false, true])
  await reloaded.redo()
  await eventually(() => expect(ada.canUndo).toBe(true))
  expect([reloaded.canUndo, reloaded.canRedo]).toEqual([true, false])
  const again = await client('ada').join('can')
  expect([again.canUndo, again.canRedo]).toEqual([true, false])
  await again.undo()
  expect(again.graph.roots()).toEqual(['theirs'])
  const stranger = await client('cy').join('can')
  expect([stranger.canUndo, stranger.canRedo]).toEqual([false, false])
})

test('[TREE2] [TREE3] where there is a template, its defaults and refusals are foreseen', async () => {
  const { session: plain, network } = await wired('template-seed')
  await plain.leave()
  const setUp = client('ada', network.url)
  const { templates } = await setUp.rest.listTemplates()
  const { session_id, graph } = await setUp.rest.createProject({
    template_id: templates[0]?.template_id ?? '',
    project_name: 'Pilot',
  })
  const session = await setUp.join(session_id)
  const parent_id = graph.roots[0] ?? ''
  const affordances = await setUp.rest.getAffordances({ session_id, node_id: parent_id })
  const blueprint_type_id = affordances.child_types?.[0]?.id ?? ''
  const child = { blueprint_type_id, parent_id, name: 'Child' }
  const { changes } = await session.preview('CreateNode', child)
  network.stall()
  const creating = session.execute('CreateNode', child)
  const [shown = ''] = session.graph.children(parent_id).slice(-1)
  const expected = changes[0]?.type === 'node-added' ? changes[0].node.properties : undefined
  expect(session.graph.node(shown)?.properties).toEqual(expected)
  expect(Object.keys(expected ?? {}).length).toBeGreaterThan(0)
  const wrong = rejection(
    session.execute('CreateNode', { ...child, blueprint_type_id: 'no-such-type' }),
  )
  expect(session.graph.children(parent_id).at(-1)).toBe(shown)
  network.mend()
  expect((await creating).result.node_id).toBe(shown)
  expect((await wrong).code).toBe('UNKNOWN_NODE_TYPE')
})

test('[UNDO1] what only the server can tell of an undo is not foreseen', async () => {
  const { session, network } = await wired('scope')
  const bob = await client('bob').join('scope')
  await create(session, 'mine')
  await create(bob, 'theirs')
  await eventually(() => expect(session.graph.roots()).toEqual(['mine', 'theirs']))
  network.stall()
  const undone = session.undo({ scope: 'session' })
  expect(session.graph.roots()).toEqual(['mine', 'theirs'])
  expect(session.canUndo).toBe(true)
  network.mend()
  await undone
  expect(session.graph.roots()).toEqual(['mine'])
  await eventually(() => expect([bob.canUndo, bob.canRedo]).toEqual([false, true]))
})

test('an undo that others made impossible is not shown, and refused', async () => {
  const session = await client('ada').join('impossible')
  const bob = await client('bob').join('impossible')
  await create(session, 'phase')
  await create(session, 'task', 'phase')
  await session.execute('DeleteNode', { node_id: 'task' })
  await bob.execute('DeleteNode', { node_id: 'phase' })
  await eventually(() => expect(session.graph.size).toBe(0))
  const undoing = rejection(session.undo())
  expect(session.graph.size).toBe(0)
  expect((await undoing).code).toBe('UNDO_CONFLICT')
  expect(session.canUndo).toBe(true)
})
