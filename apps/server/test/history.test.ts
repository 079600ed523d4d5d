import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp, testApp, type TestApp } from './harness.js'
import { entriesOf, play } from './random-history.js'
import { WatchedJournal } from './watched-journal.js'

type Row = Record<string, unknown> & { seq: number; command_id: string }

const ANN = { 'x-actor-id': 'ann' }
const BOB = { 'x-actor-id': 'bob' }

async function execute(app: TestApp, command_type: string, data: object, headers: object = {}) {
  const body = { session_id: 's', command_type, data }
  const answer = await app.api('POST', '/commands/execute', body, headers)
  expect(answer.status).toBe(200)
  return answer.body as { command_id: string; seq: number }
}

const create = (app: TestApp, node_id: string, headers: object = {}) =>
  execute(app, 'CreateNode', { blueprint_type_id: 't', node_id }, headers)

async function pageOf(app: TestApp, query = '', of = '') {
  const { status, body } = await app.api('GET', `/sessions/s${of}/history${query}`)
  expect(status).toBe(200)
  return body as { entries: Row[]; next_before_seq: number | null; seq: number }
}

/** A whole history, page by page. */
async function allOf(app: TestApp, query: string, of = ''): Promise<Row[]> {
  const rows: Row[] = []
  let before = ''
  for (;;) {
    const page = await pageOf(app, `?${query}${before}`, of)
    rows.push(...page.entries)
    if (page.next_before_seq === null) return rows
    before = `&before_seq=${page.next_before_seq}`
  }
}

const withSession = async (app: TestApp) => {
  await app.api('POST', '/sessions', { session_id: 's' })
  return app
}

test('[HIST2] what was done comes newest first, in numbers', async () => {
  await using app = await withSession(await quickApp())
  await create(app, 'a', ANN)
  const commands = ['b', 'c'].map((node_id) => ({
    command_type: 'CreateNode',
    data: { blueprint_type_id: 't', node_id, parent_id: 'a' },
  }))
  await execute(app, 'Batch', { commands, label: 'Two' }, BOB)
  await execute(app, 'UpdateProperty', { node_id: 'b', property_id: 'x', new_value: 1 })
  const { entries, next_before_seq, seq } = await pageOf(app)
  const none = { added: 0, removed: 0, moved: 0, properties_set: 0, replaced: false }
  expect({ seq, next_before_seq }).toEqual({ seq: 3, next_before_seq: null })
  expect(entries.map((row) => row.summary)).toEqual([
    { ...none, properties_set: 1, node_ids: ['b'], more_nodes: false },
    { ...none, added: 2, node_ids: ['b', 'c'], more_nodes: false },
    { ...none, added: 1, node_ids: ['a'], more_nodes: false },
  ])
  expect(entries[1]).toMatchObject({
    seq: 2,
    command_type: 'Batch',
    kind: 'do',
    label: 'Two',
    actor: { id: 'bob' },
    undone: false,
  })
  expect(entries[0]).not.toHaveProperty('changes')
})

test('[HIST2] a large change names some of its nodes', async () => {
  await using app = await withSession(await quickApp())
  const commands = Array.from({ length: 50 }, (_, i) => ({
    command_type: 'CreateNode',
    data: { blueprint_type_id: 't', node_id: `n${i}` },
  }))
  await execute(app, 'Batch', { commands })
  const [row] = (await pageOf(app)).entries
  const node_ids = Array.from({ length: 20 }, (_, i) => `n${i}`)
  expect(row?.summary).toMatchObject({ added: 50, more_nodes: true, node_ids })
})

test('[HIST2] it says what is undone now, and by what, also after a restart', async () => {
  await using app = await withSession(await testApp())
  await create(app, 'a', ANN)
  const { command_id } = await create(app, 'b', ANN)
  const undo = await app.api('POST', '/sessions/s/undo', { command_id: 'u' }, ANN)
  expect(undo.status).toBe(200)
  // A new command: nothing can be redone any more, and still the one before stays undone.
  await create(app, 'c', ANN)
  const expected = [
    { seq: 4, undone: false },
    { seq: 3, kind: 'undo', target_command_id: command_id, undone: false },
    { seq: 2, command_id, undone: true, undone_by: 'u' },
    { seq: 1, undone: false },
  ]
  expect((await pageOf(app)).entries).toMatchObject(expected)
  await using again = await app.restart()
  expect((await pageOf(again)).entries).toMatchObject(expected)
  await again.api('POST', '/sessions/s/undo', {}, ANN)
  await again.api('POST', '/sessions/s/redo', {}, ANN)
  const rows = (await pageOf(again)).entries
  expect(rows.filter((row) => row.undone).map((row) => row.seq)).toEqual([2])
})

test('[HIST2] pages together are the whole history, also of one actor', async () => {
  await using app = await withSession(await quickApp())
  for (let i = 0; i < 23; i += 1) await create(app, `n${i}`, i % 5 === 0 ? ANN : BOB)
  const down = Array.from({ length: 23 }, (_, i) => 23 - i)
  for (const limit of [1, 7, 23, 50]) {
    const rows = await allOf(app, `limit=${limit}`)
    expect([limit, rows.map(({ seq }) => seq)]).toEqual([limit, down])
    const own = await allOf(app, `limit=${limit}&actor=ann`)
    expect([limit, own.map(({ seq }) => seq)]).toEqual([limit, [21, 16, 11, 6, 1]])
  }
  expect(await allOf(app, 'actor=nobody')).toEqual([])
  expect((await pageOf(app, '?before_seq=1')).entries).toEqual([])
})

test('[HIST2] a rare entry is found behind more than one request looks through', async () => {
  await using app = await withSession(await quickApp())
  await create(app, 'rare', ANN)
  const writer = await (await app.client()).join('s')
  const set = (n: number) =>
    writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: `n${n}` })
  // In portions: a session refuses more than 10,000 that wait.
  for (let n = 0; n < 10_500; n += 2_100) {
    await Promise.all(Array.from({ length: 2_100 }, (_, i) => set(n + i)))
  }
  const first = await pageOf(app, '?actor=ann')
  expect(first).toMatchObject({ entries: [], next_before_seq: 502 })
  const rows = await allOf(app, 'actor=ann')
  expect(rows.map(({ seq }) => seq)).toEqual([1])
  expect((await allOf(app, '', '/nodes/rare')).map(({ seq }) => seq)).toEqual([1])
})

test('[HIST2] a node has what touched it, with its changes, also when it is gone', async () => {
  await using app = await withSession(await quickApp())
  for (const id of ['a', 'b']) await create(app, id)
  await execute(app, 'LinkNode', { parent_id: 'b', child_id: 'a' })
  await execute(app, 'UpdateProperty', { node_id: 'a', property_id: 'x', new_value: 1 })
  await execute(app, 'UpdateProperty', { node_id: 'b', property_id: 'x', new_value: 'a' })
  await execute(app, 'DeleteNode', { node_id: 'b' })
  const rows = await allOf(app, 'limit=2', '/nodes/a')
  const typesOf = (row: Row) => (row.changes as { type: string }[]).map(({ type }) => type)
  expect(rows.map((row) => [row.seq, ...typesOf(row)])).toEqual([
    [6, 'node-removed'],
    [4, 'property-set'],
    [3, 'node-moved'],
    [1, 'node-added'],
  ])
  expect(rows[0]).toMatchObject({ summary: { removed: 2 }, undone: false })
})

test('[HIST2] a project load belongs to the nodes that it brings', async () => {
  await using app = await quickApp()
  const file = { graph: { nodes: [{ id: 'a', type: 't' }] } }
  const { body } = await app.api('POST', '/projects/import', file)
  const { session_id, project_id } = body as Record<string, string>
  const node = { blueprint_type_id: 't', node_id: 'b' }
  const command = { session_id, command_type: 'CreateNode', data: node }
  await app.api('POST', '/commands/execute', command)
  await app.api('POST', `/projects/${project_id}/load`, {})
  const of = async (node_id: string) => {
    const answer = await app.api('GET', `/sessions/${session_id}/nodes/${node_id}/history`)
    return (answer.body.entries as Row[]).map(({ seq, summary, changes }) => [
      seq,
      (summary as { replaced: boolean }).replaced,
      (changes as unknown[]).length,
    ])
  }
  expect(await of('a')).toEqual([
    [3, true, 0],
    [1, true, 0],
  ])
  expect(await of('b')).toEqual([[2, false, 1]])
})

test('[HIST2] a random history: every node has exactly the entries that name it', async () => {
  await using app = await withSession(await quickApp())
  await play(await (await app.client()).join('s'), 's', { seed: 5, count: 150 })
  const entries = await entriesOf(app, 's')
  const rows = await allOf(app, 'limit=13')
  expect(rows.map(({ command_id }) => command_id)).toEqual(
    entries.map(({ command_id }) => command_id).reverse(),
  )
  for (const node_id of ['n0', 'n1', 'n2', 'n3']) {
    const expected = entries.filter(({ changes }) =>
      changes.some((change) => {
        if (change.type === 'graph-replaced') return false
        return ('node' in change ? change.node.id : change.node_id) === node_id
      }),
    )
    if (expected.length === 0) continue
    const own = await allOf(app, 'limit=3', `/nodes/${node_id}`)
    expect(own.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq).reverse())
  }
})

test('[HIST2] [SYNC6] where entries are gone a history ends, and nothing follows them', async () => {
  const journal = createMemoryJournal()
  const before = await withSession(await quickApp({ journal }))
  const writer = await (await before.client()).join('s')
  for (let i = 0; i < 1_010; i += 1) {
    await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: `n${i}` })
  }
  // The snapshot, without which nothing may go, is written when the server has stopped.
  await using app = await before.restart()
  expect(await journal.truncate('s', { before_seq: 801, limit: 1_000 })).toBe(800)
  expect(await allOf(app, 'limit=500')).toHaveLength(210)
  const refused = await app.api('GET', '/sessions/s/history?before_seq=801')
  expect(refused).toMatchObject({ status: 410, body: { error: { code: 'HISTORY_TRUNCATED' } } })
  const changes = (query: string) => app.api('GET', `/sessions/s/changes?${query}`)
  for (const after_seq of [0, 799]) {
    const { status, body } = await changes(`after_seq=${after_seq}`)
    expect([status, body.error]).toMatchObject([410, { code: 'HISTORY_TRUNCATED' }])
  }
  const { body } = await changes('after_seq=800&limit=1000')
  expect((body.entries as Row[]).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 210 }, (_, i) => 801 + i),
  )
  expect(await changes('after_seq=1010')).toMatchObject({ status: 200, body: { entries: [] } })
})

test('[SYNC6] entries of any size come through changes, those that no message may hold too', async () => {
  await using app = await withSession(await quickApp())
  const text = 'a'.repeat(900_000)
  for (const node_id of ['a', 'b', 'c']) {
    const data = { blueprint_type_id: 't', node_id, parent_id: node_id === 'a' ? null : 'a' }
    await execute(app, 'CreateNode', { ...data, properties: { text } })
  }
  await execute(app, 'DeleteNode', { node_id: 'a' })
  const entries = await entriesOf(app, 's')
  expect(entries[3]?.changes).toHaveLength(3)
  // A page is full after some megabytes, and there is more.
  for (let i = 0; i < 6; i += 1) {
    await app.api('POST', '/sessions/s/undo', {})
    await app.api('POST', '/sessions/s/redo', {})
  }
  const seqs: number[] = []
  for (let more = true; more;) {
    const { body } = await app.api('GET', `/sessions/s/changes?after_seq=${seqs.length}&limit=1000`)
    const page = (body.entries as Row[]).map(({ seq }) => seq)
    expect(page.length).toBeGreaterThan(0)
    expect(page.length).toBeLessThan(16)
    seqs.push(...page)
    more = body.has_more as boolean
  }
  expect(seqs).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
})

test('[HIST1] [HIST2] a storage that cannot be read is said to be unavailable', async () => {
  const watched = new WatchedJournal(createMemoryJournal())
  await using app = await withSession(await quickApp({ journal: watched.journal }))
  for (const id of ['a', 'b', 'c']) await create(app, id)
  watched.failReads()
  const paths = [
    '/history',
    '/nodes/a/history',
    '/changes',
    '/diff?from_seq=1',
    '/graph/tree?at_seq=1',
  ]
  for (const path of paths) {
    const { status, body } = await app.api('GET', `/sessions/s${path}`)
    expect([path, status, body.error]).toMatchObject([path, 503, { code: 'STORAGE_UNAVAILABLE' }])
  }
  const restore = await app.api('POST', '/sessions/s/restore', { seq: 1 })
  expect(restore).toMatchObject({ status: 503, body: { error: { code: 'STORAGE_UNAVAILABLE' } } })
})
