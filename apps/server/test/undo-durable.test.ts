import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqliteJournal } from '../src/journal/index.js'
import { enter, idsOf, nodesOf, valueOf, type Player } from './cast.js'
import { testApp, type TestApp } from './harness.js'

/** Property sets of one actor, all under way at once; the values are 1 to `count`. */
async function setMany({ set }: Player, node_id: string, count: number): Promise<void> {
  const values = Array.from({ length: count }, (_, i) => i + 1)
  const acks = await Promise.all(values.map((value) => set(node_id, 'p', value)))
  expect(acks.every((ack) => ack['ok'])).toBe(true)
}

type Cast = { ann: Player; ben: Player }

async function cast(app: TestApp): Promise<Cast> {
  return { ann: await enter(app, 's', 'ann'), ben: await enter(app, 's', 'ben') }
}

/** Leaves ann with three steps to undo and one to redo, ben with one of each, one of hers used up. */
async function act({ ann, ben }: Cast): Promise<void> {
  await ann.create('a')
  await ann.set('a', 'p', 1)
  await ann.set('a', 'p', 2)
  await ann.set('a', 'q', 1)
  await ben.set('a', 'q', 2)
  expect(await ann.undo()).toMatchObject({ seq: null, undo: { status: 'noop' } })
  await ben.create('b')
  await ben.undo()
  await ann.set('a', 'r', 1)
  await ann.undo()
}

type Turn = [who: keyof Cast, kind: 'undo' | 'redo', outcome: string, properties: object]

/** What `act` has left on the stacks: who turns what, what comes of it, and the nodes afterwards. */
const TURNS: Turn[] = [
  ['ann', 'redo', 'applied', { a: { p: 2, q: 2, r: 1 } }],
  ['ann', 'undo', 'applied', { a: { p: 2, q: 2 } }],
  ['ben', 'redo', 'applied', { a: { p: 2, q: 2 }, b: {} }],
  ['ben', 'undo', 'applied', { a: { p: 2, q: 2 } }],
  // The step on q was used up before: the next one is that on p.
  ['ann', 'undo', 'applied', { a: { p: 1, q: 2 } }],
  ['ann', 'undo', 'applied', { a: { q: 2 } }],
  // Ben has written to the node that she created.
  ['ann', 'undo', 'noop', { a: { q: 2 } }],
  ['ann', 'undo', 'NOTHING_TO_UNDO', { a: { q: 2 } }],
  ['ben', 'undo', 'applied', { a: { q: 1 } }],
]

async function take(app: TestApp, players: Cast): Promise<Turn[]> {
  const taken: Turn[] = []
  for (const [who, kind] of TURNS) {
    const ack = await players[who][kind]()
    const told = (ack['undo'] ?? ack['error']) as { status?: string; code?: string }
    const nodes = await nodesOf(app, 's')
    const properties = Object.fromEntries(nodes.map((node) => [node.id, node.properties]))
    taken.push([who, kind, told.status ?? told.code ?? '', properties])
  }
  return taken
}

test('[UNDO1] stacks survive reconnects', async () => {
  await using app = await testApp()
  const first = await cast(app)
  await act(first)
  first.ann.client.socket.disconnect()
  first.ben.client.socket.disconnect()
  expect(await take(app, await cast(app))).toEqual(TURNS)
})

test('[UNDO1] [UNDO3] stacks survive restarts, used-up steps stay used up', async () => {
  await using app = await testApp()
  await act(await cast(app))
  await using once = await app.restart()
  await using again = await once.restart()
  expect(await take(again, await cast(again))).toEqual(TURNS)
})

async function snapshotSeq(dataDir: string): Promise<number | undefined> {
  const onFatal = (err: Error) => {
    throw err
  }
  const file = join(dataDir, 'talus.db')
  const journal = await openSqliteJournal({ file, durability: 'full', onFatal })
  const stored = await journal.loadSession('s')
  await journal.close()
  return stored?.snapshot?.seq
}

/** Where in the history the snapshot of the 1,000th entry falls. */
const BEFORE: [title: string, before: number, after: number][] = [
  ['after everything', 0, 1_000],
  ['in the middle', 993, 0],
  ['before everything', 1_000, 0],
]

test.each(BEFORE)('[UNDO1] stacks survive a restart with a snapshot %s', async (...row) => {
  const [, before, after] = row
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-test-'))
  {
    await using app = await testApp({ dataDir })
    const filler = await enter(app, 's', 'filler')
    await filler.create('filler')
    await setMany(filler, 'filler', before)
    await act(await cast(app))
    await setMany(filler, 'filler', after)
    await filler.execute('DeleteNode', { node_id: 'filler' })
  }
  expect(await snapshotSeq(dataDir)).toBeGreaterThanOrEqual(1_000)
  {
    await using app = await testApp({ dataDir })
    expect(await take(app, await cast(app))).toEqual(TURNS)
    const filler = await enter(app, 's', 'filler')
    await filler.undo()
    const last = Math.max(before, after) || undefined
    expect(await valueOf(app, 's', 'filler', 'p')).toBe(last)
  }
  await rm(dataDir, { recursive: true })
})

test('[UNDO7] the stacks keep the last 1,000 steps of an actor, also after a restart', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  await ann.create('n')
  await setMany(ann, 'n', 1_005)
  await using again = await app.restart()
  const late = await enter(again, 's', 'ann')
  const undone = await Promise.all(Array.from({ length: 1_001 }, () => late.undo()))
  const refused = undone.flatMap((ack, i) => (ack['ok'] ? [] : [[i, ack['error']]]))
  expect(refused).toMatchObject([[1_000, { code: 'NOTHING_TO_UNDO' }]])
  expect(await valueOf(again, 's', 'n', 'p')).toBe(5)
  const redone = await Promise.all(Array.from({ length: 1_000 }, () => late.redo()))
  expect(redone.every((ack) => ack['ok'])).toBe(true)
  expect(await valueOf(again, 's', 'n', 'p')).toBe(1_005)
})

test('[UNDO7] the stacks keep the last 10,000 steps of a session', async () => {
  await using app = await testApp()
  const [early, second] = [await enter(app, 's', 'early'), await enter(app, 's', 'second')]
  await early.create('n')
  await second.create('m')
  for (let actor = 0; actor < 9; actor += 1) {
    await setMany(await enter(app, 's', `actor-${actor}`), 'n', 1_000)
  }
  await setMany(await enter(app, 's', 'last'), 'n', 999)
  expect(await early.undo()).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_UNDO' } })
  expect(await second.undo()).toMatchObject({ ok: true, undo: { status: 'applied' } })
})

test('[UNDO8] a project load clears all stacks and is not undone', async () => {
  await using app = await testApp()
  const file = { graph: { nodes: [{ id: 'r', type: 't', name: 'R' }] } }
  const { body } = await app.api('POST', '/projects/import', file)
  const { project_id, session_id } = body as { project_id: string; session_id: string }
  const [ann, ben] = [await enter(app, session_id, 'ann'), await enter(app, session_id, 'ben')]
  expect(await ann.undo()).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
  await ann.create('a')
  await ben.create('b')
  await ben.undo()
  await app.api('POST', `/projects/${project_id}/load`, {}, { 'x-actor-id': 'ann' })
  const expectEmpty = async (player: Player) => {
    for (const ask of [{}, { scope: 'session' }, { force: true }]) {
      expect(await player.undo(ask)).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
      expect(await player.redo(ask)).toMatchObject({ error: { code: 'NOTHING_TO_REDO' } })
    }
  }
  await expectEmpty(ann)
  await expectEmpty(ben)
  expect(await idsOf(app, session_id)).toEqual(['r'])
  await using again = await app.restart()
  await expectEmpty(await enter(again, session_id, 'ann'))
})
