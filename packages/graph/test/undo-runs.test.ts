import { describe, expect, test } from 'vitest'
import { UndoHistory } from '../src/index.js'
import { APPLIED, garden, move, partial, remove } from './garden.js'
import type { Session } from './session.js'

const AX = ['a', 'x'] as const

/** Types values one after the other as one run; gives the ids of the commands. */
function type(
  session: Session,
  actor: string,
  values: readonly unknown[],
  at: readonly [string, string] = AX,
) {
  const ids: string[] = []
  for (const value of values) ids.push(session.type(actor, at, value as never, ids[0]))
  return ids
}

function reopen(session: Session): void {
  session.history = UndoHistory.fromSnapshot(session.history.toSnapshot())
}

describe('[UNDO14] a run of edits is one step', () => {
  test.each([false, true])(
    'back to what was there before it, and again; opened anew: %s',
    (anew) => {
      const session = garden()
      session.set('ann', 'a', 'x', 'old')
      const ids = type(session, 'ann', ['o', 'on', 'one'])
      expect(session.entries.slice(-3).map((entry) => entry.continues)).toEqual([
        undefined,
        ids[0],
        ids[0],
      ])
      if (anew) reopen(session)
      const undone = session.undo('ann')
      expect(undone).toMatchObject({ undo: APPLIED, entry: { target_command_id: ids[0] } })
      expect(session.value('a', 'x')).toBe('old')
      for (const id of ids) expect(session.history.undoneBy(id)).toBe(undone.entry?.command_id)
      if (anew) reopen(session)
      expect(session.redo('ann').undo).toEqual(APPLIED)
      expect(session.value('a', 'x')).toBe('one')
      for (const id of ids) expect(session.history.undoneBy(id)).toBeUndefined()
      expect([session.undo('ann').undo, session.undo('ann').undo]).toEqual([APPLIED, APPLIED])
      expect(session.value('a', 'x')).toBeUndefined()
    },
  )

  test('of a property that was not there, undo takes it away', () => {
    const session = garden()
    type(session, 'ann', [1, 2, null])
    session.undo('ann')
    expect(session.graph.record('a')?.properties).toEqual({})
    session.redo('ann')
    expect(session.graph.record('a')?.properties).toEqual({ x: null })
  })

  test('any part of it can be named', () => {
    const session = garden()
    const ids = type(session, 'ann', [1, 2, 3])
    reopen(session)
    const named = { target_command_id: ids[1] ?? '' }
    expect(session.undo('ann', named).entry?.target_command_id).toBe(ids[0])
    expect(session.undo('ann', named).error).toMatchObject({
      message: 'This command is undone already',
    })
    expect(session.redo('ann', { target_command_id: ids[2] ?? '' }).undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe(3)
  })

  test('a command that says nothing is a step, and so is one of another run', () => {
    const session = garden()
    const [first] = type(session, 'ann', [1])
    session.set('ann', 'a', 'x', 2)
    session.type('ann', AX, 3, first)
    session.type('ann', AX, 4, first)
    session.undo('ann')
    expect(session.value('a', 'x')).toBe(2)
    session.undo('ann')
    expect(session.value('a', 'x')).toBe(1)
  })

  test('a run whose first command changed nothing is a run all the same', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 0)
    const first = 'never-seen'
    const begun = session.type('ann', AX, 1, first)
    session.type('ann', AX, 2, first)
    session.type('ann', AX, 3, first)
    expect(session.entries.at(-1)?.continues).toBe(begun)
    session.undo('ann')
    expect(session.value('a', 'x')).toBe(0)
  })

  test.each<[string, (session: Session) => unknown]>([
    ['another command', (s) => s.create('ann', 'more', 'a')],
    ['an undo and its redo', (s) => [s.undo('ann'), s.redo('ann')]],
    [
      'a deletion of the node that was taken back',
      (s) => [s.do('bob', ...remove('a')), s.undo('bob')],
    ],
    ['an undo of the owner', (s) => s.undo('eve', { scope: 'session', force: true })],
  ])('%s ends it', (_, between) => {
    const session = garden()
    const [first] = type(session, 'ann', [1, 2])
    between(session)
    session.type('ann', AX, 3, first)
    expect(session.entries.at(-1)?.continues).toBeUndefined()
  })

  test('what others do elsewhere does not end it', () => {
    const session = garden()
    const [first] = type(session, 'ann', [1, 2])
    session.set('bob', 'a', 'y', 1)
    session.do('bob', ...move('a', 'b'))
    session.type('ann', AX, 3, first)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.record('a')?.properties).toEqual({ y: 1 })
  })

  test('two who type in one property in turns have their own steps, and undo takes nobody else back', () => {
    const session = garden()
    const [first] = type(session, 'ann', ['a', 'ab'])
    session.set('bob', 'a', 'x', 'bob')
    session.type('ann', AX, 'ann', first)
    session.type('ann', AX, 'anna', first)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe('bob')
    expect(session.undo('ann').undo?.status).toBe('noop')
    expect(session.value('a', 'x')).toBe('bob')
    expect(session.undo('bob').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe('ab')
  })

  test('a colleague who writes after it keeps that', () => {
    const session = garden()
    type(session, 'ann', [1, 2])
    session.set('bob', 'a', 'x', 3)
    expect(session.undo('ann').undo?.status).toBe('noop')
    session.undo('bob')
    expect([session.value('a', 'x'), session.history.canUndo('ann')]).toEqual([2, false])
  })

  test('the colleague who wrote before it is the writer again', () => {
    const session = garden()
    session.set('bob', 'a', 'x', 'bob')
    type(session, 'ann', [1, 2, 3])
    session.undo('ann')
    expect(session.undo('bob').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBeUndefined()
  })

  test('several properties of one run come back, each to what it was', () => {
    const session = garden()
    session.set('bob', 'a', 'x', 'x0')
    const batch = (n: number, continues?: string) => {
      const set = (property_id: string) => ({
        command_type: 'UpdateProperty',
        data: { node_id: 'a', property_id, new_value: n },
      })
      return session.do('ann', 'Batch', { commands: [set('x'), set('y')] }, continues)
    }
    const first = batch(1)
    batch(2, first)
    session.type('ann', ['b', 'z'], 9, first)
    session.set('bob', 'a', 'y', 'bob')
    const skipped = { node_id: 'a', property_id: 'y', reason: 'superseded', by: 'bob' }
    expect(session.undo('ann').undo).toMatchObject(partial(expect.objectContaining(skipped)))
    expect(session.graph.record('a')?.properties).toEqual({ x: 'x0', y: 'bob' })
    expect(session.graph.record('b')?.properties).toEqual({})
    session.redo('ann')
    expect(session.graph.record('a')?.properties).toEqual({ x: 2, y: 'bob' })
    expect(session.graph.record('b')?.properties).toEqual({ z: 9 })
  })
})

describe('[UNDO14] moves of one drag are one step', () => {
  const drag = (
    session: Session,
    node_id: string,
    places: readonly (readonly [string | null, number])[],
  ) => {
    let first: string | undefined
    for (const [parent_id, index] of places) {
      const { entry } = session.try(
        'ann',
        'MoveNode',
        { node_id, parent_id, position: { index } },
        first,
      )
      first ??= entry?.command_id
    }
  }

  function row(): Session {
    const session = garden()
    for (const id of ['p', 'q', 's', 't', 'u']) session.create('zoe', id, 'a')
    return session
  }

  test.each([false, true])('back to the place that was left first; opened anew: %s', (anew) => {
    const session = row()
    drag(session, 'q', [
      ['a', 3],
      ['a', 4],
      ['b', 0],
      ['a', 0],
      ['a', 4],
    ])
    expect(session.graph.childrenOf('a')).toEqual(['p', 's', 't', 'u', 'q'])
    if (anew) reopen(session)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.childrenOf('a')).toEqual(['p', 'q', 's', 't', 'u'])
    if (anew) reopen(session)
    session.redo('ann')
    expect(session.graph.childrenOf('a')).toEqual(['p', 's', 't', 'u', 'q'])
  })

  test('between the siblings that are there now', () => {
    const session = row()
    drag(session, 'q', [
      ['a', 3],
      ['a', 4],
      ['b', 0],
    ])
    session.do('bob', ...remove('p'))
    session.create('bob', 'new', 'a', { position: { at: 'start' } })
    session.create('bob', 'last', 'a')
    session.undo('ann')
    expect(session.graph.childrenOf('a')).toEqual(['new', 'q', 's', 't', 'u', 'last'])
  })

  test('of several nodes, each goes back', () => {
    const session = row()
    const before = session.state()
    let first: string | undefined
    for (let index = 0; index < 4; index += 1) {
      const to = (node_id: string) => ({
        command_type: 'MoveNode',
        data: { node_id, parent_id: 'b', position: { index } },
      })
      const commands = [to('q'), to('t'), ...(index > 1 ? [to('p')] : [])]
      const { entry } = session.try('ann', 'Batch', { commands }, first)
      first ??= entry?.command_id
    }
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
  })

  test('a place that nobody can go back to is forgotten', () => {
    const session = row()
    const places = Array.from({ length: 50 }, (_, n) => ['a', n % 2 === 0 ? 4 : 1] as const)
    drag(session, 'q', places)
    const left = [...session.history.toSnapshot()].flatMap((piece) => {
      const { runs = [] } = piece as { runs?: { left: unknown[] }[] }
      return runs.flatMap((run) => run.left)
    })
    expect(left).toHaveLength(1)
  })
})

test('[UNDO7] [UNDO14] key strokes do not use up the stack, and a step is bounded', () => {
  const session = garden()
  const early = session.set('ann', 'b', 'y', 'early')
  let first: string | undefined
  for (let n = 0; n < 10_000; n += 1) {
    const id = session.type('ann', AX, n, first)
    first ??= id
  }
  session.type('ann', AX, -1, first)
  expect(session.undo('ann').undo).toEqual(APPLIED)
  expect(session.value('a', 'x')).toBe(9_999)
  reopen(session)
  session.undo('ann')
  expect(session.value('a', 'x')).toBeUndefined()
  expect(session.undo('ann').entry?.target_command_id).toBe(early)
})
