import { check, ProjectDocument, type DocumentNode, type Node } from '@talus/protocol'
import { expect, test } from 'vitest'
import { testApp, type TestApp } from './harness.js'
import { imported } from './projects-steps.js'
import { REAL_TEMPLATES, SAMPLES } from './projects-samples.js'
import { TEMPLATES } from './templates.js'

/** Files on the template that they name, where it is at hand. */
const FILES = SAMPLES.filter(({ name, blueprint }) => blueprint && name.endsWith('.json'))
const SHIPPED = SAMPLES.filter(({ name }) => !name.endsWith('.json'))

function serverFor({ name }: { name: string }): Promise<TestApp> {
  return testApp(name.endsWith('.json') ? { templatesDir: REAL_TEMPLATES } : {})
}

function rootsOf({ graph: { nodes } }: ProjectDocument): DocumentNode[] {
  const children = new Set(nodes.flatMap((node) => node.children ?? []))
  return nodes.filter(({ id }) => !children.has(id))
}

/** The ids of a file in pre-order, found by following its lists of children. */
function preorder(document: ProjectDocument): string[] {
  const byId = new Map(document.graph.nodes.map((node) => [node.id, node]))
  const walk = ({ id, children: below = [] }: DocumentNode): string[] => [
    id,
    ...below.flatMap((child) => walk(byId.get(child) as DocumentNode)),
  ]
  return rootsOf(document).flatMap(walk)
}

async function served(app: TestApp, session_id: string) {
  const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
  return body as { roots: string[]; nodes: Node[]; seq: number; template_digest?: string }
}

test.each([...FILES, ...SHIPPED])(
  '[TREE1] $name is served in pre-order, survives a restart and is exported as it came',
  async (sample) => {
    await using app = await serverFor(sample)
    const { session_id, project_id } = await imported(app, sample.document)
    const before = await served(app, session_id)
    expect(before.nodes.map(({ id }) => id)).toEqual(preorder(sample.document))
    expect(before.roots).toEqual(rootsOf(sample.document).map(({ id }) => id))
    await using again = await app.restart()
    expect(await served(again, session_id)).toEqual(before)
    const { status, body } = await again.api('GET', `/projects/${project_id}/export`)
    expect([status, body]).toEqual([200, sample.document])
    expect(check(ProjectDocument, body).ok).toBe(true)
  },
)

test.each(FILES)(
  '[UNDO5] $name is exported as it came after edits that are undone',
  async (sample) => {
    await using app = await serverFor(sample)
    const { session_id, project_id, graph } = await imported(app, sample.document)
    const client = await (await app.client()).join(session_id)
    const node_id = graph.nodes[0]?.id
    await client.execute(session_id, 'UpdateProperty', {
      node_id,
      property_id: 'name',
      new_value: 'Renamed',
    })
    await client.execute(session_id, 'DeleteNode', { node_id })
    expect((await served(app, session_id)).seq).toBe(3)
    for (let i = 0; i < 2; i += 1) await client.ask('undo_command', { session_id })
    const { body } = await app.api('GET', `/projects/${project_id}/export`)
    expect(body).toEqual(sample.document)
  },
)

test('[UNDO8] saving and loading show on both namespaces, with the graph as it is served', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  const project = { template_id: 'studio', project_name: 'Pilot' }
  const { body } = await app.api('POST', '/projects', project)
  const { project_id, session_id } = body as { project_id: string; session_id: string }
  const root = await (await app.client()).join(session_id)
  const changes = await (await app.client()).join(session_id, { stream: 'changes' })
  const graph = await app.graphClient(session_id)
  const listeners = [root, changes, graph]
  const data = { blueprint_type_id: 'phase', node_id: 'kept' }
  await root.execute(session_id, 'CreateNode', data)
  for (const listener of listeners) {
    await listener.settled()
    listener.clear()
  }
  await app.api('POST', `/projects/${project_id}/save`)
  await root.execute(session_id, 'DeleteNode', { node_id: 'kept' })
  const loaded = await app.api('POST', `/projects/${project_id}/load`, {})
  await Promise.all(listeners.map((listener) => listener.settled()))
  const state = await served(app, session_id)
  expect(loaded.body['graph']).toEqual(state)
  expect(state.nodes).toMatchObject([{ name: 'Pilot' }, { id: 'kept' }])
  expect(state).toMatchObject({ template_digest: expect.any(String) })
  for (const listener of [root, graph]) {
    expect(listener.of('project:saved')).toMatchObject([{ session_id, project_id, saved_seq: 2 }])
    expect(listener.of('project:loaded')).toMatchObject([
      { session_id, project_id, seq: 4, graph: state },
    ])
  }
  expect(root.names()).toEqual([
    'project:saved',
    'command:executing',
    'node-deleted',
    'command:executed',
    'project:loaded',
  ])
  expect(changes.names()).toEqual(['project:saved', 'session:changes', 'session:changes'])
  expect(changes.of('session:changes').at(-1)).toMatchObject({
    entries: [{ seq: 4, command_type: 'LoadProject', changes: [{ type: 'graph-replaced' }] }],
  })
})
