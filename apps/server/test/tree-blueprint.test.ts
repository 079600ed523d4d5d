import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { TEMPLATES } from './templates.js'
import { closeSharedServer, joinTree, lonelyTree, treeSession } from './tree-session.js'

afterAll(closeSharedServer)

const TASK = '22222222-2222-4222-8222-222222222222'
const TASK_NAME = '44444444-4444-4444-8444-444444444444'
const PHASE = '11111111-1111-4111-8111-111111111111'
const STATUS = '33333333-3333-4333-8333-333333333333'

const studio = { blueprint_type_id: 'studio', node_id: 's', name: 'S', properties: { client: 'C' } }
const phase = { blueprint_type_id: 'phase', node_id: 'p', parent_id: 's' }
const task = {
  blueprint_type_id: 'task',
  node_id: 't',
  parent_id: 'p',
  name: 'T',
  properties: { code: 'c-1' },
}

type Command = [command_type: string, data: object]

const below: Command[] = [
  ['CreateNode', studio],
  ['CreateNode', phase],
  ['CreateNode', task],
]

/** s(p(t)) of the template `studio`. */
async function studioTree() {
  const tree = await treeSession('studio')
  await tree.done(...below)
  return tree
}

const without = (key: 'name' | 'properties') =>
  Object.fromEntries(Object.entries(task).filter(([name]) => name !== key))

const REFUSED: [title: string, command: Command, code: string, path: string][] = [
  [
    'a type that the template lacks',
    ['CreateNode', { blueprint_type_id: 'ship' }],
    'UNKNOWN_NODE_TYPE',
    '/data/blueprint_type_id',
  ],
  [
    'a parent that is not there',
    ['CreateNode', { ...task, node_id: 'n', parent_id: 'none' }],
    'INVALID_PARENT',
    '/data/parent_id',
  ],
  [
    'a child that its parent does not allow',
    ['CreateNode', { ...task, node_id: 'n', parent_id: 's' }],
    'TYPE_NOT_ALLOWED',
    '/data/blueprint_type_id',
  ],
  [
    'a child below a leaf',
    ['CreateNode', { ...task, node_id: 'n', parent_id: 't' }],
    'TYPE_NOT_ALLOWED',
    '/data/blueprint_type_id',
  ],
  [
    'a move to a parent that does not allow it',
    ['MoveNode', { node_id: 't', parent_id: 's' }],
    'TYPE_NOT_ALLOWED',
    '/data/parent_id',
  ],
  [
    'a node that is not there',
    ['UpdateProperty', { node_id: 'none', property_id: 'code', new_value: 'c' }],
    'NODE_NOT_FOUND',
    '/data/node_id',
  ],
  [
    'a new node without its required name',
    ['CreateNode', { ...without('name'), node_id: 'n' }],
    'INVALID_PROPERTY',
    '/data/name',
  ],
  [
    'a new node with a property that is not known',
    ['CreateNode', { ...task, node_id: 'n', properties: { code: 'c', colour: 'red' } }],
    'INVALID_PROPERTY',
    '/data/properties/colour',
  ],
  [
    'a new node with a value that does not fit',
    ['CreateNode', { ...task, node_id: 'n', properties: { code: 'c', done: 'yes' } }],
    'INVALID_PROPERTY',
    '/data/properties/done',
  ],
  [
    'a property that is not known',
    ['UpdateProperty', { node_id: 't', property_id: 'colour', new_value: 'red' }],
    'INVALID_PROPERTY',
    '/data/property_id',
  ],
  [
    'a required property that is set to null',
    ['UpdateProperty', { node_id: 't', property_id: 'code', new_value: null }],
    'INVALID_PROPERTY',
    '/data/new_value',
  ],
  [
    'a required property that is emptied',
    ['UpdateProperty', { node_id: 't', property_id: 'code', new_value: '' }],
    'INVALID_PROPERTY',
    '/data/new_value',
  ],
  [
    'a required property that is deleted',
    ['DeleteProperty', { node_id: 't', property_id: 'code' }],
    'INVALID_PROPERTY',
    '/data/property_id',
  ],
  [
    'a required name that is emptied',
    ['UpdateProperty', { node_id: 't', property_id: 'name', new_value: '' }],
    'INVALID_PROPERTY',
    '/data/new_value',
  ],
  [
    'the name that is deleted',
    ['DeleteProperty', { node_id: 'p', property_id: 'name' }],
    'INVALID_PROPERTY',
    '/data/property_id',
  ],
  [
    'a property that the node does not have',
    ['DeleteProperty', { node_id: 't', property_id: 'due' }],
    'PROPERTY_NOT_FOUND',
    '/data/property_id',
  ],
]

test.each(REFUSED)('[TREE2] %s is refused, the same by socket and REST', async (...row) => {
  const [, [command_type, data], code, path] = row
  await using tree = await studioTree()
  const before = await tree.nodes()
  const ack = await tree.execute(command_type, data)
  const details = [{ path, expected: expect.any(String) }]
  expect(ack).toMatchObject({ ok: false, error: { code, details } })
  const { session_id } = tree
  const body = { session_id, command_type, data }
  const answer = await tree.app.api('POST', '/commands/execute', body)
  expect(answer.body['error']).toEqual(ack['error'])
  expect(await tree.nodes()).toEqual(before)
})

test('[TREE2] a link to a parent that does not allow the type is refused', async () => {
  await using tree = await studioTree()
  await tree.done(['UnlinkNode', { parent_id: 'p', child_id: 't' }])
  const ack = await tree.execute('LinkNode', { parent_id: 's', child_id: 't' })
  expect(ack).toMatchObject({ ok: false, error: { code: 'TYPE_NOT_ALLOWED' } })
  expect(await tree.execute('LinkNode', { parent_id: 'p', child_id: 't' })).toMatchObject({
    ok: true,
  })
})

/** What each property of a task takes and what it does not. */
const VALUES: [property_id: string, fitting: unknown[], others: unknown[]][] = [
  ['notes', ['', 'text', null], [1, true, [], {}]],
  ['code', ['text'], [1, '', null, ['c']]],
  ['owner', ['somebody', '', ['a', 'b'], null], [1, {}, [1]]],
  ['estimate', [1, -0.5, '3500', ' 1e3 ', '', null], ['many', true, [1], '1,5']],
  ['cost', [1, '12.50', '', null], ['12 EUR', {}]],
  ['due', ['2026-02-28', '2026-02-28T10:00:00Z', '', null], ['2026-02-30', 'soon', 5]],
  ['done', [true, false, 'true', 'false', '', null], ['yes', 0, 'perhaps']],
  ['priority', ['p1', 'High', 'Normal'], ['p3', 'high', '', null, 1]],
  ['blocks', ['t', ['s', 'p'], [], null], [1, [1], { id: 't' }]],
  ['checklist', [{ a: [1] }, [1, 'b'], null], ['a', 1, true]],
  ['rating', [5, '*****', { stars: 5 }, [null], true, null], []],
]

test.each(VALUES)('[TREE2] %s takes what its type takes', async (property_id, fitting, others) => {
  await using tree = await studioTree()
  for (const new_value of others) {
    const ack = await tree.execute('UpdateProperty', { node_id: 't', property_id, new_value })
    const code = 'INVALID_PROPERTY'
    expect([new_value, ack]).toMatchObject([new_value, { ok: false, error: { code } }])
  }
  for (const new_value of fitting) {
    const ack = await tree.execute('UpdateProperty', { node_id: 't', property_id, new_value })
    expect([new_value, ack]).toMatchObject([new_value, { ok: true }])
    expect((await tree.node('t')).properties[property_id]).toEqual(new_value)
  }
})

test('[TREE2] without a template everything is allowed', async () => {
  await using tree = await treeSession()
  await tree.done(
    ['CreateNode', { blueprint_type_id: 'anything at all', node_id: 'a' }],
    ['CreateNode', { ...task, node_id: 'b', parent_id: 'a', properties: { done: 'perhaps' } }],
    ['DeleteProperty', { node_id: 'b', property_id: 'done' }],
  )
  expect(await tree.shape()).toBe('a(b)')
})

test('[TREE2] any type may be a root, and a type is named by its id or its uuid', async () => {
  await using tree = await treeSession('studio')
  await tree.done(
    ['CreateNode', { blueprint_type_id: PHASE, node_id: 'p' }],
    ['CreateNode', { ...task, blueprint_type_id: TASK }],
    ['CreateNode', { blueprint_type_id: 'note', node_id: 'n' }],
  )
  expect(await tree.shape()).toBe('p(t) n')
  const types = (await tree.nodes()).map(({ blueprint_type_id }) => blueprint_type_id)
  expect(types).toEqual([PHASE, TASK, 'note'])
})

test('[TREE6] a new node may lack required properties, and its affordances name them', async () => {
  await using tree = await studioTree()
  await tree.done(['CreateNode', { ...without('properties'), node_id: 'n' }])
  const missing = async (node_id: string) => {
    const { body } = await tree.app.api(
      'GET',
      `/sessions/${tree.session_id}/nodes/${node_id}/affordances`,
    )
    return body['missing_properties']
  }
  expect(await missing('t')).toEqual([])
  expect(await missing('n')).toEqual(['code'])
  await tree.done(['UpdateProperty', { node_id: 'n', property_id: 'code', new_value: 'c-2' }])
  expect(await missing('n')).toEqual([])
})

test('[TREE6] the root of a new project may lack required properties', async () => {
  await using tree = await treeSession('studio')
  const project = { template_id: 'studio', project_name: 'Pilot' }
  const { status, body } = await tree.app.api('POST', '/projects', project)
  expect(status).toBe(201)
  const root = { name: 'Pilot', blueprint_type_id: 'studio', properties: { kind: 'Film' } }
  expect(body['graph']).toMatchObject({ nodes: [root] })
})

test('[TREE3] a new node gets the defaults of its blueprint under the ids of its properties', async () => {
  await using tree = await studioTree()
  expect((await tree.node('p')).properties).toEqual({ status: 'Not Started' })
  const defaults = { code: 'c-1', priority: 'p2', notes: 'none', done: false }
  expect((await tree.node('t')).properties).toEqual(defaults)
})

test('[TREE3] what is given goes before the default, by uuid too', async () => {
  await using tree = await studioTree()
  const properties = { [STATUS]: 'Completed', budget: '9' }
  await tree.done(['CreateNode', { ...phase, node_id: 'q', properties }])
  expect((await tree.node('q')).properties).toEqual(properties)
})

test('[TREE4] the name is no property, and setting it renames', async () => {
  await using tree = await studioTree()
  for (const [property_id, new_value] of [
    ['name', 'Second'],
    [TASK_NAME, 'Third'],
  ]) {
    const { name: old_value } = await tree.node('t')
    await tree.execute('UpdateProperty', { node_id: 't', property_id, new_value })
    const node = await tree.node('t')
    expect(node.name).toBe(new_value)
    expect(node.properties).not.toHaveProperty('name')
    const fields = ['property_id', 'old_value', 'new_value']
    const root = await tree.heard(tree.root, ...fields)
    expect(root[1]).toEqual(['property-changed', 'name', old_value, new_value])
    const graph = await tree.heard(tree.graph, ...fields)
    expect(graph[1]).toEqual(['graph:property-changed', 'name', old_value, new_value])
  }
})

test('[TREE4] a node without a name is named by the label of its type, else by its type', async () => {
  await using tree = await studioTree()
  expect((await tree.node('p')).name).toBe('Phase')
  await using free = await treeSession()
  await free.done(['CreateNode', { blueprint_type_id: 'sketch', node_id: 'n' }])
  expect((await free.node('n')).name).toBe('sketch')
})

test('[TREE4] an imported node that keeps its name under a uuid keeps both the same', async () => {
  await using tree = await treeSession()
  const node = { id: 't', type: TASK, name: 'Old', properties: { [TASK_NAME]: 'Old', code: 'c' } }
  const file = { graph: { nodes: [node] }, template_id: 'studio' }
  const { body } = await tree.app.api('POST', '/projects/import', file)
  const project = await joinTree(tree.app, body['session_id'] as string)
  await project.execute('UpdateProperty', { node_id: 't', property_id: 'name', new_value: 'New' })
  const renamed = await project.node('t')
  expect([renamed.name, renamed.properties[TASK_NAME]]).toEqual(['New', 'New'])
  await project.undo()
  const back = await project.node('t')
  expect([back.name, back.properties[TASK_NAME]]).toEqual(['Old', 'Old'])
})

test('[SEL1] a property has one key: the one that the node has, else as it is written', async () => {
  await using tree = await treeSession('studio')
  await tree.done(
    ['CreateNode', { ...phase, parent_id: null, node_id: 'by-id' }],
    [
      'CreateNode',
      { ...phase, parent_id: null, node_id: 'by-uuid', properties: { [STATUS]: 'Completed' } },
    ],
    ['UpdateProperty', { node_id: 'by-id', property_id: STATUS, new_value: 'In Progress' }],
    ['UpdateProperty', { node_id: 'by-uuid', property_id: 'status', new_value: 'In Progress' }],
  )
  expect((await tree.node('by-id')).properties).toEqual({ status: 'In Progress' })
  expect((await tree.node('by-uuid')).properties).toEqual({ [STATUS]: 'In Progress' })
  await tree.done(
    ['DeleteProperty', { node_id: 'by-id', property_id: STATUS }],
    ['UpdateProperty', { node_id: 'by-id', property_id: STATUS, new_value: 'Completed' }],
  )
  expect((await tree.node('by-id')).properties).toEqual({ [STATUS]: 'Completed' })
})

test('[SEL1] a property that is given by id and by uuid at once is refused', async () => {
  await using tree = await treeSession('studio')
  const properties = { status: 'Completed', [STATUS]: 'Completed' }
  const ack = await tree.execute('CreateNode', { blueprint_type_id: 'phase', properties })
  expect(ack).toMatchObject({ ok: false, error: { code: 'INVALID_PROPERTY' } })
})

test.each(['p1', 'High'])('[SEL1] the select value %s is stored as given', async (new_value) => {
  await using tree = await studioTree()
  await tree.done(['UpdateProperty', { node_id: 't', property_id: 'priority', new_value }])
  expect((await tree.node('t')).properties['priority']).toBe(new_value)
})

/** Runs on a template from which a type and a property are taken away between two starts. */
async function orphanedTree(templates: string) {
  const before = await lonelyTree('studio', templates)
  await before.done(
    ...below,
    ['CreateNode', { blueprint_type_id: 'note', node_id: 'n', parent_id: 's' }],
    ['UpdateProperty', { node_id: 'n', property_id: 'text', new_value: 'x' }],
    ['UpdateProperty', { node_id: 't', property_id: 'rating', new_value: 5 }],
  )
  const file = join(templates, 'studio.yaml')
  const text = await readFile(file, 'utf8')
  const shorter = text
    .slice(0, text.indexOf('- id: note'))
    .replace('[phase, note]', '[phase]')
    .replace(/.*id: rating.*\n/, '')
  await writeFile(file, shorter)
  return joinTree(await before.app.restart(), before.session_id)
}

test('[TREE5] an orphan can be moved in its parent, unlinked and deleted, but not set', async () => {
  const templates = await mkdtemp(join(tmpdir(), 'talus-templates-'))
  await cp(TEMPLATES, templates, { recursive: true })
  await using tree = await orphanedTree(templates)
  const set = { node_id: 'n', property_id: 'text', new_value: 'y' }
  for (const refusedCommand of [
    ['UpdateProperty', set],
    ['CreateNode', { blueprint_type_id: 'note' }],
  ] as Command[]) {
    const ack = await tree.execute(...refusedCommand)
    expect(ack).toMatchObject({ ok: false, error: { code: 'UNKNOWN_NODE_TYPE' } })
  }
  await tree.done(['MoveNode', { node_id: 'n', parent_id: 's', position: { at: 'start' } }])
  expect(await tree.shape()).toBe('s(n p(t))')
  await tree.done(['UnlinkNode', { parent_id: 's', child_id: 'n' }])
  expect(await tree.shape()).toBe('s(p(t)) n')
  const link = await tree.execute('LinkNode', { parent_id: 's', child_id: 'n' })
  expect(link).toMatchObject({ ok: false, error: { code: 'TYPE_NOT_ALLOWED' } })
  await tree.done(['DeleteNode', { node_id: 'n' }])
  expect(await tree.shape()).toBe('s(p(t))')
  await rm(templates, { recursive: true })
})

test('[TREE5] a property that the template declares no longer can be deleted, not set', async () => {
  const templates = await mkdtemp(join(tmpdir(), 'talus-templates-'))
  await cp(TEMPLATES, templates, { recursive: true })
  await using tree = await orphanedTree(templates)
  const property = { node_id: 't', property_id: 'rating' }
  const ack = await tree.execute('UpdateProperty', { ...property, new_value: 4 })
  expect(ack).toMatchObject({ ok: false, error: { code: 'INVALID_PROPERTY' } })
  await tree.done(['DeleteProperty', property])
  expect((await tree.node('t')).properties).not.toHaveProperty('rating')
  await rm(templates, { recursive: true })
})
