import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type GraphChange, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { TestServer } from './server.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server[Symbol.asyncDispose]())

async function join(actor: string, id: string): Promise<Session> {
  const client = connect(server.url, { actor })
  onTestFinished(() => client.close())
  return client.join(id)
}

const create = (session: Session, node_id: string, parent_id: string | null = null) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name: node_id, node_id, parent_id })

const set = (session: Session, node_id: string, new_value: string) =>
  session.execute('UpdateProperty', { node_id, property_id: 'p', new_value })

/** film, with shoot (light, sound) and cut below it. */
async function film(session: Session): Promise<void> {
  await create(session, 'film')
  await Promise.all([create(session, 'shoot', 'film'), create(session, 'cut', 'film')])
  await Promise.all([create(session, 'light', 'shoot'), create(session, 'sound', 'shoot')])
}

const ids = (nodes: Iterable<{ id: string }>) => Array.from(nodes, ({ id }) => id)

test('the graph is there after the join, and reads are synchronous', async () => {
  await film(await join('ada', 'reads'))
  const { graph, seq } = await join('bob', 'reads')
  expect(seq).toBe(5)
  expect(graph.size).toBe(5)
  expect(graph.roots()).toEqual(['film'])
  expect(graph.children('film')).toEqual(['shoot', 'cut'])
  expect(graph.children('cut')).toEqual([])
  expect(graph.node('light')).toMatchObject({ id: 'light', name: 'light', parent_id: 'shoot' })
  expect(graph.node('nowhere')).toBeUndefined()
  expect(ids(graph.path('sound'))).toEqual(['film', 'shoot', 'sound'])
  expect(graph.path('nowhere')).toEqual([])
  expect(ids(graph.walk())).toEqual(['film', 'shoot', 'light', 'sound', 'cut'])
  expect(ids(graph.find(({ name }) => name.includes('t'), 'shoot'))).toEqual(['shoot', 'light'])
  expect(ids(graph.find(({ parent_id }) => parent_id === 'film'))).toEqual(['shoot', 'cut'])
})

test('what is unchanged stays the same object, what changed does not', async () => {
  const ada = await join('ada', 'identity')
  await film(ada)
  const { graph } = await join('bob', 'identity')
  const nodes = new Map(Array.from(graph.walk(), (node) => [node.id, node]))
  const lists = ['film', 'shoot', 'cut', null].map((id) => graph.children(id))
  await set(ada, 'light', 'v')
  await create(ada, 'dub', 'film')
  await eventually(() => expect(graph.node('dub')).toBeDefined())
  expect(ids([...nodes.values()].filter((node) => graph.node(node.id) !== node))).toEqual(['light'])
  expect(graph.node('light')?.properties).toEqual({ p: 'v' })
  expect(graph.children('film')).not.toBe(lists[0])
  expect([graph.children('shoot'), graph.children('cut'), graph.children(null)]).toEqual([
    lists[1],
    lists[2],
    lists[3],
  ])
  expect(graph.children('shoot')).toBe(lists[1])
  expect(graph.children(null)).toBe(lists[3])
})

test('those who watch a node, a list, a subtree or all hear of what concerns them, once', async () => {
  const ada = await join('ada', 'watch')
  await film(ada)
  const { graph } = await join('bob', 'watch')
  const heard: string[] = []
  const hear = (name: string) => () => heard.push(name)
  const changes: GraphChange[] = []
  graph.subscribe((change) => changes.push(change))
  graph.subscribeNode('light', hear('light'))
  graph.subscribeNode('cut', hear('cut'))
  graph.subscribeChildren('shoot', hear('children of shoot'))
  graph.subscribeChildren(null, hear('roots'))
  graph.subscribeSubtree('shoot', hear('below shoot'))
  graph.subscribeSubtree('film', hear('below film'))
  graph.subscribeSubtree('cut', hear('below cut'))
  const after = async (work: Promise<unknown>, count: number) => {
    heard.length = 0
    await work
    await eventually(() => expect(changes).toHaveLength(count))
    return heard.toSorted()
  }
  expect(await after(set(ada, 'light', 'v'), 1)).toEqual(['below film', 'below shoot', 'light'])
  expect([...(changes[0]?.nodes ?? [])]).toEqual(['light'])
  expect([...(changes[0]?.lists ?? [])]).toEqual([])
  const moved = ada.execute('MoveNode', { node_id: 'light', parent_id: 'cut' })
  expect(await after(moved, 2)).toEqual([
    'below cut',
    'below film',
    'below shoot',
    'children of shoot',
    'light',
  ])
  const removed = ada.execute('DeleteNode', { node_id: 'cut' })
  expect(await after(removed, 3)).toEqual(['below cut', 'below film', 'cut', 'light'])
  expect(await after(create(ada, 'other'), 4)).toEqual(['roots'])
})

test('who stops listening hears nothing, also in the middle of being told', async () => {
  const ada = await join('ada', 'stop')
  const heard = vi.fn<() => void>()
  const stops: (() => void)[] = []
  stops.push(ada.graph.subscribe(() => stops[1]?.()))
  stops.push(ada.graph.subscribe(heard))
  await create(ada, 'n')
  stops[0]?.()
  await set(ada, 'n', 'v')
  expect(heard).not.toHaveBeenCalled()
})

test('a project load replaces the graph; what is equal stays the same object', async () => {
  const client = connect(server.url)
  onTestFinished(() => client.close())
  const { templates } = await client.rest.listTemplates()
  const template_id = templates[0]?.template_id ?? ''
  const { project_id, session_id, graph } = await client.rest.createProject({
    template_id,
    project_name: 'Pilot',
  })
  const root = graph.roots[0] ?? ''
  await client.rest.saveProject({ project_id })
  const session = await client.join(session_id)
  const before = session.graph.node(root)
  await session.execute('CreateNode', {
    blueprint_type_id: before?.blueprint_type_id ?? '',
    node_id: 'extra',
    name: 'Extra',
  })
  const gone = vi.fn<() => void>()
  session.graph.subscribeNode('extra', gone)
  await client.rest.loadProject({ project_id })
  await eventually(() => expect(session.graph.node('extra')).toBeUndefined())
  expect(gone).toHaveBeenCalledTimes(1)
  expect(session.graph.node(root)).toBe(before)
  expect(session.canUndo).toBe(false)
})

test('the template of a session says what is allowed, and how things are called', async () => {
  const client = connect(server.url, { actor: 'ada' })
  onTestFinished(() => client.close())
  const { session_id } = await client.rest.createProject({
    template_id: 'film-production',
    project_name: 'Night Train',
  })
  const { template } = (await client.join(session_id)).graph
  const shot = template?.typeOf('shot')
  const status = shot?.property('status')
  expect(template?.template_id).toBe('film-production')
  expect(template?.types[0]).toMatchObject({ id: 'film', label: 'Film' })
  expect(template?.document['name']).toBe('Film Production')
  expect(shot).toMatchObject({ label: 'Shot', access: { change: 'editor', see: 'viewer' } })
  expect(status?.option('Approved')).toMatchObject({ id: 'approved', name: 'Approved' })
  expect(template?.allowsChild('scene', 'shot')).toBe(true)
  expect(template?.allowedChildren('camera')).toEqual([])
  expect(status && template?.checkValue(status, 'lost')).toMatch(/^one of Planned, Shot/)
  expect(status && template?.checkValue(status, 'shot')).toBeUndefined()
  expect((await join('ada', 'no-template')).graph.template).toBeNull()
})
