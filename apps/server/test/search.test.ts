import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { quickApp, testApp, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'
import { TEMPLATES } from './templates.js'

type Match = { node: { id: string }; path: { id: string; name: string }[] }

type Answer = { [key: string]: unknown; seq: number; ids: string[] }

async function searched(app: TestApp, query: object, session_id = 's'): Promise<Answer> {
  const { body } = await app.api('POST', '/graph/search', { session_id, ...query })
  const matches = body['matches'] as Match[]
  return { ...body, seq: body['seq'] as number, ids: matches.map((match) => match.node.id) }
}

/** The uuid of an option without one, derived independently. */
function optionUuid(property: string, name: string): string {
  const hex = createHash('sha1').update(`${property}:${name}`).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5')
}

const node = (node_id: string, parent_id: string | null, rest: object = {}) => ({
  blueprint_type_id: 't',
  node_id,
  parent_id,
  ...rest,
})

test('[FIND1] matches come in pre-order with their ancestors, page by page', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  for (const [id, parent] of [
    ['a', null],
    ['b', 'a'],
    ['c', 'b'],
    ['d', 'a'],
    ['e', null],
  ] as const) {
    await client.execute('s', 'CreateNode', node(id, parent, { name: `Node ${id}` }))
  }
  const first = await searched(app, { text: 'NODE', limit: 3 })
  expect(first).toMatchObject({ session_id: 's', seq: 5, has_more: true, ids: ['a', 'b', 'c'] })
  expect(first).toMatchObject({
    matches: [{ path: [] }, {}, { path: [{ id: 'a', name: 'Node a' }, { id: 'b' }] }],
  })
  const next = { text: 'NODE', limit: 3, cursor: first['next_cursor'] }
  expect(await searched(app, next)).toMatchObject({
    ids: ['d', 'e'],
    has_more: false,
    next_cursor: null,
  })
  const inHeader = await app.api('POST', '/graph/search', { subtree: 'b' }, { 'x-session-id': 's' })
  expect(inHeader.body['matches']).toMatchObject([{ node: { id: 'b' } }, { node: { id: 'c' } }])
})

test('[FIND2] with a template, options and numbers are compared as what they mean', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  await app.api('POST', '/sessions', { session_id: 's', template_id: 'studio' })
  const client = await (await app.client()).join('s')
  const task = (node_id: string, properties: object) =>
    client.execute('s', 'CreateNode', {
      blueprint_type_id: 'task',
      name: node_id,
      node_id,
      properties: { code: 'x', ...properties },
    })
  await task('urgent', { priority: 'p1', cost: '900' })
  await task('high', { priority: 'High', cost: 1000 })
  await task('normal', { cost: 5 })
  const by = (property_id: string, operator: string, value: unknown) =>
    searched(app, { property: [{ property_id, operator, value }] })
  expect(await by('priority', 'eq', 'High')).toMatchObject({ ids: ['urgent', 'high'] })
  expect(await by('cost', 'gt', 899)).toMatchObject({ ids: ['urgent', 'high'] })
  expect(await by('cost', 'lt', '1e3')).toMatchObject({ ids: ['urgent', 'normal'] })
  expect(await searched(app, { text: 'high' })).toMatchObject({ ids: ['urgent', 'high'] })
  // A type by its uuid.
  const type = '22222222-2222-4222-8222-222222222222'
  expect(await searched(app, { type, text: 'norm' })).toMatchObject({ ids: ['normal'] })
})

test('[FIND1] [AFF1] only what is durable is found and offered', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', node('a', null))
  const arrived = held.hold()
  const creating = client.execute('s', 'CreateNode', node('b', null))
  await arrived
  const targets = async () => {
    const { body } = await app.api('GET', '/sessions/s/nodes/a/affordances')
    return [body['seq'], (body['move_targets'] as { node_ids: string[] }).node_ids]
  }
  expect(await searched(app, {})).toMatchObject({ seq: 1, ids: ['a'] })
  expect(await targets()).toEqual([1, []])
  expect((await app.api('GET', '/sessions/s/nodes/b/affordances')).status).toBe(404)
  held.release()
  await creating
  expect(await searched(app, {})).toMatchObject({ seq: 2, ids: ['a', 'b'] })
  expect(await targets()).toEqual([2, ['b']])
})

test('[FIND1] a long search shows one moment while the session goes on', async () => {
  await using app = await quickApp()
  const nodes = Array.from({ length: 5_000 }, (_, n) => ({ id: `n${n}`, type: 't', name: 'old' }))
  const { body } = await app.api('POST', '/projects/import', { graph: { nodes } })
  const session_id = body['session_id'] as string
  const base = (body['graph'] as { seq: number }).seq
  const writer = await app.client()
  const data = { blueprint_type_id: 't', name: 'new', position: { at: 'start' } }
  const writing = Promise.all(
    Array.from({ length: 300 }, () => writer.execute(session_id, 'CreateNode', data)),
  )
  for (let round = 0; round < 5; round += 1) {
    const { ids, seq } = await searched(app, { text: 'NEW', limit: 1_000 }, session_id)
    expect(ids).toHaveLength(seq - base)
    const rare = { property: [{ property_id: 'name', operator: 'eq', value: 'none' }] }
    expect(await searched(app, rare, session_id)).toMatchObject({ ids: [], has_more: false })
  }
  await writing
})

test('[AFF1] what a template offers for a node', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  await app.api('POST', '/sessions', { session_id: 's', template_id: 'studio' })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', { blueprint_type_id: 'phase', node_id: 'p' })
  await client.execute('s', 'CreateNode', { blueprint_type_id: 'phase', node_id: 'q' })
  const { body } = await app.api('GET', '/sessions/s/nodes/p/affordances')
  expect(body).toEqual({
    session_id: 's',
    seq: 2,
    node_id: 'p',
    child_types: [
      { id: 'phase', label: 'Phase' },
      { id: 'task', label: 'Task' },
    ],
    move_targets: { node_ids: ['q'], truncated: false },
    properties: [
      { id: 'name', label: 'Name', type: 'text', required: false, options: [] },
      {
        id: 'status',
        label: 'Status',
        type: 'select',
        required: false,
        options: ['Not Started', 'In Progress', 'Completed'].map((name) => ({
          id: name,
          name,
          uuid: optionUuid('phase.status', name),
        })),
      },
      { id: 'budget', label: 'Budget', type: 'currency', required: false, options: [] },
    ],
    deletable_properties: ['status'],
    missing_properties: [],
    can_delete: true,
    can_unlink: false,
    can_link: true,
  })
})
