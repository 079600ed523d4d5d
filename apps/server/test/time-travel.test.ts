import type { Change, Node } from '@talus/protocol'
import { ProjectGraph } from '@talus/graph'
import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp, testApp, type TestApp } from './harness.js'
import { entriesOf, play, replayed } from './random-history.js'
import { WatchedJournal } from './watched-journal.js'

async function nodesAt(app: TestApp, seq: number, session_id = 's'): Promise<Node[]> {
  const { status, body } = await app.api('GET', `/graph?session_id=${session_id}&at_seq=${seq}`)
  expect([seq, status, body.seq]).toEqual([seq, 200, seq])
  return body.nodes as Node[]
}

async function played(app: TestApp, seed: number, count: number): Promise<Node[][]> {
  const writer = await app.client()
  await writer.join('s')
  await play(writer, 's', { seed, count })
  return replayed(await entriesOf(app, 's'))
}

const SEEDS = [1, 2, 3, 4, 5]

test.each(SEEDS)('[HIST1] the graph at every seq is what replay gives (seed %i)', async (seed) => {
  await using app = await quickApp()
  const states = await played(app, seed, 80)
  for (const [seq, nodes] of states.entries()) {
    expect([seq, await nodesAt(app, seq)]).toEqual([seq, nodes])
  }
})

test.each(SEEDS)(
  '[HIST4] the difference between any two seqs leads there (seed %i)',
  async (seed) => {
    await using app = await quickApp()
    const states = await played(app, seed, 60)
    const last = states.length - 1
    for (const [from, to] of [
      [0, last],
      [last, 0],
      [Math.floor(last / 2), last],
      [Math.floor(last / 3), Math.floor(last / 2)],
      [last, last],
    ] as const) {
      const query = `from_seq=${from}&to_seq=${to}`
      const { body } = await app.api('GET', `/sessions/s/diff?${query}`)
      const graph = ProjectGraph.fromNodes(states[from] ?? [])
      graph.apply(body.changes as Change[])
      expect(graph.nodes()).toEqual(states[to])
      // Nothing between a state and itself; between others there may be nothing either.
      expect(from === to && (body.changes as Change[]).length > 0).toBe(false)
    }
  },
)

/** A project that is edited, loaded back to its save, and edited again. */
async function withLoad(app: TestApp): Promise<string> {
  const project = {
    graph: {
      nodes: [
        { id: 'a', type: 't', children: ['b'] },
        { id: 'b', type: 't' },
      ],
    },
  }
  const { body } = await app.api('POST', '/projects/import', project)
  const { session_id, project_id } = body as Record<string, string>
  const writer = await app.client()
  await writer.join(session_id ?? '')
  await play(writer, session_id ?? '', { seed: 11, count: 25 })
  await app.api('POST', `/projects/${project_id}/load`, {})
  await play(writer, session_id ?? '', { seed: 12, count: 25 })
  return session_id ?? ''
}

test('[HIST1] a project load is no wall: the graph is told from the other side', async () => {
  await using app = await quickApp()
  const session_id = await withLoad(app)
  const states = replayed(await entriesOf(app, session_id))
  for (const [seq, nodes] of states.entries()) {
    expect([seq, await nodesAt(app, seq, session_id)]).toEqual([seq, nodes])
  }
})

test('[HIST1] the graph is told by the shortest way', async () => {
  const watched = new WatchedJournal(createMemoryJournal())
  await using app = await quickApp({ journal: watched.journal })
  const writer = await (await app.client()).join('s')
  const create = () => writer.execute('s', 'CreateNode', { blueprint_type_id: 't' })
  for (let i = 0; i < 350; i += 1) await create()
  const reads = async (seq: number) => {
    watched.calls()
    expect(await nodesAt(app, seq)).toHaveLength(seq)
    return watched.calls()
  }
  expect(await reads(350)).toEqual([])
  expect(await reads(340)).toEqual(['entriesAfter'])
  expect(await reads(10)).toEqual(['entriesAfter'])
  expect(await reads(150)).toEqual(['entriesAfter', 'entriesAfter'])
})

test('[HIST1] a snapshot shortens the way; where entries are gone, later ones are taken back', async () => {
  const journal = createMemoryJournal()
  const watched = new WatchedJournal(journal)
  await using app = await quickApp({ journal: watched.journal })
  await app.api('POST', '/sessions', { session_id: 's' })
  const writer = await (await app.client()).join('s')
  const create = (node_id: string) =>
    writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id })
  for (let i = 1; i <= 1_000; i += 1) await create(`n${i}`)
  // The snapshot is written in the background; reopening waits for it.
  await using again = await app.restart()
  const later = await (await again.client()).join('s')
  const more = (node_id: string) =>
    later.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id })
  for (let i = 1_001; i <= 1_020; i += 1) await more(`n${i}`)
  watched.calls()
  expect(await nodesAt(again, 1_001)).toHaveLength(1_001)
  expect(watched.calls()).toEqual(['loadSession', 'entriesAfter'])
  expect(await journal.truncate('s', { before_seq: 501, limit: 1_000 })).toBe(500)
  expect(await nodesAt(again, 500)).toHaveLength(500)
  expect(await nodesAt(again, 700)).toHaveLength(700)
  const { status, body } = await again.api('GET', '/graph?session_id=s&at_seq=499')
  expect([status, body.error]).toMatchObject([410, { code: 'HISTORY_TRUNCATED' }])
  const diff = await again.api('GET', '/sessions/s/diff?from_seq=10')
  expect(diff).toMatchObject({ status: 410, body: { error: { code: 'HISTORY_TRUNCATED' } } })
})

test('[HIST1] a seq ahead of the session is refused, with the one it is at', async () => {
  await using app = await quickApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  const { status, body, headers } = await app.api('GET', '/graph?session_id=s&at_seq=3')
  expect(headers.get('etag')).toBeNull()
  const details = [{ path: '/at_seq', expected: 'a seq of 0 at most', actual: 3 }]
  expect([status, body.error]).toMatchObject([400, { code: 'BAD_REQUEST', details }])
})

test('[HIST1] the past is told amid commits, each one either in it or not', async () => {
  await using app = await testApp()
  const writer = await (await app.client()).join('s')
  const states = await played(app, 21, 60)
  const now = states.length - 1
  const busy = Promise.all(
    Array.from({ length: 200 }, () =>
      writer.execute('s', 'CreateNode', { blueprint_type_id: 't' }),
    ),
  )
  for (const seq of [now, now - 1, Math.floor(now / 2), 0]) {
    expect(await nodesAt(app, seq)).toEqual(states[seq])
  }
  await busy
})

test('[HIST4] what changed several times shows once, what came and went not at all', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  const run = (command_type: string, data: object) => writer.execute('s', command_type, data)
  const set = (new_value: number) =>
    run('UpdateProperty', { node_id: 'a', property_id: 'x', new_value })
  await run('CreateNode', { blueprint_type_id: 't', node_id: 'a' })
  for (const value of [1, 2, 3]) await set(value)
  await run('CreateNode', { blueprint_type_id: 't', node_id: 'b' })
  await run('DeleteNode', { node_id: 'b' })
  const { body } = await app.api('GET', '/sessions/s/diff?from_seq=1')
  const change = { type: 'property-set', node_id: 'a', property_id: 'x', new_value: 3 }
  expect(body).toMatchObject({ from_seq: 1, to_seq: 6, changes: [change] })
  expect(body.changes).toHaveLength(1)
  const back = await app.api('GET', '/sessions/s/diff?from_seq=4&to_seq=2')
  expect(back.body.changes).toEqual([{ ...change, old_value: 3, new_value: 1 }])
})
