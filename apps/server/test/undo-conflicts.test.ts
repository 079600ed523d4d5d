import { expect, test } from 'vitest'
import { enter, idsOf, nodesOf, valueOf, type Player } from './cast.js'
import { testApp } from './harness.js'

type Pair = { ann: Player; ben: Player }

type Conflict = {
  title: string
  /** What was there before; done by a third actor. */
  given: string[]
  /** What ann does and will want to undo; gives the acknowledgement. */
  does: (pair: Pair) => Promise<Record<string, unknown>>
  /** What ben has done since. */
  since: (pair: Pair) => Promise<unknown>
  skipped: object
  /** The ids in pre-order after the undo that came to nothing, and after a forced one. */
  left: string[]
  forced: string[]
}

const move = ({ execute }: Player, node_id: string, parent_id: string | null) =>
  execute('MoveNode', { node_id, parent_id })

const remove = ({ execute }: Player, node_id: string) => execute('DeleteNode', { node_id })

const CONFLICTS: Conflict[] = [
  {
    title: 'a property that somebody else wrote since',
    given: ['r'],
    does: ({ ann }) => ann.set('r', 'p', 'ann'),
    since: ({ ben }) => ben.set('r', 'p', 'ben'),
    skipped: { node_id: 'r', property_id: 'p', reason: 'superseded' },
    left: ['r'],
    forced: ['r'],
  },
  {
    title: 'a property that somebody else deleted since',
    given: ['r'],
    does: ({ ann }) => ann.set('r', 'p', 'ann'),
    since: ({ ben }) => ben.execute('DeleteProperty', { node_id: 'r', property_id: 'p' }),
    skipped: { node_id: 'r', property_id: 'p', reason: 'superseded' },
    left: ['r'],
    forced: ['r'],
  },
  {
    title: 'a name that somebody else gave since',
    given: ['r'],
    does: ({ ann }) => ann.set('r', 'name', 'Ann'),
    since: ({ ben }) => ben.set('r', 'name', 'Ben'),
    skipped: { node_id: 'r', property_id: 'name', reason: 'superseded' },
    left: ['r'],
    forced: ['r'],
  },
  {
    title: 'a new node that somebody else edited',
    given: ['r'],
    does: ({ ann }) => ann.create('n', 'r'),
    since: ({ ben }) => ben.set('n', 'p', 1),
    skipped: { node_id: 'n', reason: 'edited' },
    left: ['r', 'n'],
    forced: ['r'],
  },
  {
    title: 'a new node that somebody else filled',
    given: ['r'],
    does: ({ ann }) => ann.create('n', 'r'),
    since: ({ ben }) => ben.create('m', 'n'),
    skipped: { node_id: 'n', reason: 'filled' },
    left: ['r', 'n', 'm'],
    forced: ['r'],
  },
  {
    title: 'a new node that somebody else moved',
    given: ['r', 's'],
    does: ({ ann }) => ann.create('n', 'r'),
    since: ({ ben }) => move(ben, 'n', 's'),
    skipped: { node_id: 'n', reason: 'moved' },
    left: ['r', 's', 'n'],
    forced: ['r', 's'],
  },
  {
    title: 'a move of a node that somebody else moved since',
    given: ['r', 's', 'n'],
    does: ({ ann }) => move(ann, 'n', 'r'),
    since: ({ ben }) => move(ben, 'n', 's'),
    skipped: { node_id: 'n', reason: 'moved' },
    left: ['r', 's', 'n'],
    forced: ['r', 's', 'n'],
  },
]

test.each(CONFLICTS)('[UNDO3] undo leaves alone $title', async (conflict) => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  const cleo = await enter(app, 's', 'cleo')
  for (const node_id of conflict.given) {
    await cleo.create(node_id)
    await cleo.set(node_id, 'p', 'before')
  }
  await conflict.does({ ann, ben })
  const { seq } = (await conflict.since({ ann, ben })) as { seq: number }
  const before = await nodesOf(app, 's')
  const listener = await (await app.client()).join('s')
  listener.clear()
  const skipped = [{ ...conflict.skipped, by: 'ben', seq }]
  const undone = await ann.undo()
  expect(undone).toMatchObject({ ok: true, seq: null, undo: { status: 'noop', skipped } })
  expect(await nodesOf(app, 's')).toEqual(before)
  expect(before.map(({ id }) => id)).toEqual(conflict.left)
  // Consumed, without a commit.
  expect(await ann.undo()).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_UNDO' } })
  expect(await ann.redo()).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_REDO' } })
  await listener.settled()
  expect(listener.names()).toEqual([])
})

test.each(CONFLICTS)('[UNDO3] force undoes $title', async (conflict) => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  const cleo = await enter(app, 's', 'cleo')
  for (const node_id of conflict.given) {
    await cleo.create(node_id)
    await cleo.set(node_id, 'p', 'before')
  }
  const before = await nodesOf(app, 's')
  await conflict.does({ ann, ben })
  await conflict.since({ ann, ben })
  const answer = await app.api('POST', '/sessions/s/undo', { force: true }, { 'x-actor-id': 'ann' })
  expect(answer.body).toMatchObject({ ok: true, undo: { status: 'applied', skipped: [] } })
  expect(await idsOf(app, 's')).toEqual(conflict.forced)
  expect(await nodesOf(app, 's')).toEqual(before)
})

test('[UNDO3] undo reverts the part that still stands, and tells which part does not', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ben.create('n')
  const set = (property_id: string) => ({
    command_type: 'UpdateProperty',
    data: { node_id: 'n', property_id, new_value: 'ann' },
  })
  await ann.execute('Batch', { commands: [set('p'), set('q'), set('name')] })
  const { seq } = await ben.set('n', 'q', 'ben')
  const skipped = [{ node_id: 'n', property_id: 'q', reason: 'superseded', by: 'ben', seq }]
  expect(await ann.undo()).toMatchObject({ ok: true, seq: 4, undo: { status: 'partial', skipped } })
  expect(await nodesOf(app, 's')).toMatchObject([{ name: 't', properties: { q: 'ben' } }])
  expect(await ann.redo()).toMatchObject({ ok: true, undo: { status: 'applied' } })
  expect(await nodesOf(app, 's')).toMatchObject([
    { name: 'ann', properties: { p: 'ann', q: 'ben' } },
  ])
})

test('[UNDO3] what somebody else undid again stands as before', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ben.create('n')
  await ann.set('n', 'p', 1)
  await ann.set('n', 'p', 2)
  await ben.set('n', 'p', 3)
  await ben.undo()
  expect(await valueOf(app, 's', 'n', 'p')).toBe(2)
  for (const value of [1, undefined]) {
    expect(await ann.undo()).toMatchObject({ ok: true, undo: { status: 'applied' } })
    expect(await valueOf(app, 's', 'n', 'p')).toBe(value)
  }
})

test('[UNDO3] what the actor put below its own new node goes along', async () => {
  await using app = await testApp()
  const ann = await enter(app, 's', 'ann')
  const { command_id: target_command_id } = await ann.create('n')
  await ann.create('m', 'n')
  await ann.set('m', 'p', 1)
  expect(await ann.undo({ target_command_id })).toMatchObject({ undo: { status: 'applied' } })
  expect(await idsOf(app, 's')).toEqual([])
})

test('[UNDO3] a node that somebody else deleted takes the steps about it along', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ann.create('n')
  await ann.set('n', 'p', 1)
  const { seq } = await remove(ben, 'n')
  const gone = { node_id: 'n', reason: 'gone', by: 'ben', seq }
  for (const skipped of [[{ ...gone, property_id: 'p' }], [gone]]) {
    expect(await ann.undo()).toMatchObject({ seq: null, undo: { status: 'noop', skipped } })
  }
  await ben.undo()
  expect(await valueOf(app, 's', 'n', 'p')).toBe(1)
})

test('[UNDO3] redo too leaves alone what somebody else wrote since', async () => {
  await using app = await testApp()
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ben.create('n')
  await ann.set('n', 'p', 'ann')
  await ann.undo()
  const { seq } = await ben.set('n', 'p', 'ben')
  const skipped = [{ node_id: 'n', property_id: 'p', reason: 'superseded', by: 'ben', seq }]
  expect(await ann.redo()).toMatchObject({ seq: null, undo: { status: 'noop', skipped } })
  expect(await valueOf(app, 's', 'n', 'p')).toBe('ben')
  expect(await ann.redo()).toMatchObject({ error: { code: 'NOTHING_TO_REDO' } })
})

/** r(p(n)): ann deletes n, then ben deletes p. */
async function bereft(app: Awaited<ReturnType<typeof testApp>>) {
  const [ann, ben] = [await enter(app, 's', 'ann'), await enter(app, 's', 'ben')]
  await ben.create('r')
  await ben.create('p', 'r')
  await ben.create('n', 'p')
  await remove(ann, 'n')
  await remove(ben, 'p')
  return { ann, ben }
}

const CONFLICT = {
  code: 'UNDO_CONFLICT',
  details: [{ path: '/parent_id', actual: 'p', hint: 'r', expected: expect.any(String) }],
}

test('[UNDO4] a deletion whose parent is gone is a conflict, and the step stays', async () => {
  await using app = await testApp()
  const { ann, ben } = await bereft(app)
  expect(await ann.undo()).toMatchObject({ ok: false, error: CONFLICT })
  const answer = await app.api('POST', '/sessions/s/undo', {}, { 'x-actor-id': 'ann' })
  expect(answer).toMatchObject({ status: 409, body: { success: false, error: CONFLICT } })
  expect(await idsOf(app, 's')).toEqual(['r'])
  await ben.undo()
  expect(await ann.undo()).toMatchObject({ ok: true, undo: { status: 'applied' } })
  expect(await idsOf(app, 's')).toEqual(['r', 'p', 'n'])
})

test('[UNDO4] the step of a conflict is there after a restart', async () => {
  await using app = await testApp()
  const { ann } = await bereft(app)
  await ann.undo()
  await using again = await app.restart()
  const late = await enter(again, 's', 'ann')
  expect(await late.undo()).toMatchObject({ ok: false, error: CONFLICT })
})

test('[UNDO4] [UNDO3] force brings the deleted node back below the nearest living ancestor', async () => {
  await using app = await testApp()
  const { ann } = await bereft(app)
  expect(await ann.undo({ force: true })).toMatchObject({ ok: true, undo: { status: 'applied' } })
  expect(await nodesOf(app, 's')).toMatchObject([{ id: 'r' }, { id: 'n', parent_id: 'r' }])
})
