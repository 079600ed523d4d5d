import { describe, expect, test } from 'vitest'
import { APPLIED, garden, move, noop, partial, remove } from './garden.js'
import type { Session } from './session.js'

/** r(a(n, m), b): `n` is ann's, and ann deletes `a`, which has seq 7, and takes that back. */
function restored(before: (session: Session) => unknown = () => {}): Session {
  const session = garden()
  session.create('ann', 'n', 'a')
  session.create('zoe', 'm', 'a')
  session.create('zoe', 'o', 'b')
  before(session)
  session.do('ann', ...remove('a'))
  session.undo('ann')
  return session
}

describe('[UNDO11] a redo of a deletion keeps what others have', () => {
  test.each<[string, (s: Session) => unknown, (s: Session) => unknown, object]>([
    [
      'brought back by an undo',
      (s) => s.do('bob', ...remove('n')),
      (s) => s.undo('bob'),
      { reason: 'filled', by: 'bob', seq: 10 },
    ],
    [
      'moved back by an undo',
      (s) => s.do('bob', ...move('n', 'b')),
      (s) => s.undo('bob'),
      { reason: 'filled', by: 'bob', seq: 10 },
    ],
    [
      'moved in, also if it is of the actor',
      (s) => s.create('ann', 'own', 'b'),
      (s) => s.do('bob', ...move('own', 'n')),
      { reason: 'filled', by: 'bob', seq: 10 },
    ],
    [
      'changed by taking back an edit',
      (s) => s.set('bob', 'n', 'x', 1),
      (s) => s.undo('bob'),
      { reason: 'edited', by: 'bob', seq: 10 },
    ],
  ])('%s', (_, before, meanwhile, skipped) => {
    const session = restored(before)
    meanwhile(session)
    const state = session.state()
    expect(session.redo('ann').undo).toEqual(noop({ node_id: 'a', ...skipped }))
    expect(session.state()).toEqual(state)
  })

  /** `own`, ann's, stood below `n` when she took her deletion of `a` and her move of `own` back. */
  function withOwn(meanwhile: (session: Session) => unknown) {
    const session = garden()
    session.create('ann', 'n', 'a')
    session.create('ann', 'own', 'n')
    meanwhile(session)
    session.do('ann', ...move('own', 'b'))
    const target_command_id = session.do('ann', ...remove('a'))
    session.undo('ann')
    session.undo('ann')
    expect(session.graph.childrenOf('n')).toEqual(['own'])
    return { session, redo: () => session.redo('ann', { target_command_id }) }
  }

  test('what is the own goes along and comes back', () => {
    const { session, redo } = withOwn(() => {})
    const state = session.state()
    expect(redo().undo).toEqual(APPLIED)
    expect([session.graph.has('a'), session.graph.has('own')]).toEqual([false, false])
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(state)
  })

  test('what is the own and others have edited stays', () => {
    const { session, redo } = withOwn((s) => s.set('bob', 'own', 'x', 1))
    const skipped = { node_id: 'a', reason: 'edited', by: 'bob', seq: 6 }
    expect(redo().undo).toEqual(noop(skipped))
    expect(session.graph.has('own')).toBe(true)
  })
})

describe('[UNDO10] skipped names who stands in the way', () => {
  test('filled: who moved the node there, not who made it', () => {
    const session = garden()
    session.create('ann', 'child', 'r')
    const target_command_id = session.create('ann', 'n', 'a')
    session.do('bob', ...move('child', 'n'))
    const skipped = { node_id: 'n', reason: 'filled', by: 'bob', seq: 6 }
    expect(session.undo('ann', { target_command_id }).undo).toEqual(noop(skipped))
  })

  test('edited: the last of several', () => {
    const session = garden()
    const target_command_id = session.create('ann', 'n', 'a')
    session.set('bob', 'n', 'x', 1)
    session.set('bob', 'n', 'y', 1)
    session.set('cat', 'n', 'x', 2)
    const skipped = { node_id: 'n', reason: 'edited', by: 'cat', seq: 7 }
    expect(session.undo('ann', { target_command_id }).undo).toEqual(noop(skipped))
  })

  test('gone: the undo that took the creation back', () => {
    const session = garden()
    const created = session.create('bob', 'n', 'a')
    session.set('ann', 'n', 'x', 1)
    session.undo('bob', { target_command_id: created, force: true })
    session.redo('bob')
    session.undo('bob', { force: true })
    const skipped = { node_id: 'n', property_id: 'x', reason: 'gone', by: 'bob', seq: 8 }
    expect(session.undo('ann').undo).toEqual(noop(skipped))
  })

  test('cycle: who moved a node above the former parent', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.create('zoe', 'm', 'n')
    session.do('ann', ...move('m', null))
    session.do('bob', ...move('a', 'm'))
    const skipped = { node_id: 'm', reason: 'cycle', by: 'bob', seq: 7 }
    expect(session.undo('ann').undo).toEqual(noop(skipped))
  })

  test('[UNDO9] after the undo of a colleague the writer is the one of before', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('cat', 'a', 'x', 2)
    session.set('bob', 'a', 'x', 3)
    session.undo('bob')
    const skipped = { node_id: 'a', property_id: 'x', reason: 'superseded', by: 'cat', seq: 5 }
    expect(session.undo('ann').undo).toEqual(noop(skipped))
    session.undo('cat')
    expect(session.value('a', 'x')).toBe(1)
  })
})

describe('[UNDO12] a parent that is gone', () => {
  test('holds up a batch that would bring a node back below it, as a whole', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    const [command_type, data] = remove('n')
    const set = { node_id: 'b', property_id: 'x', new_value: 1 }
    const commands = [
      { command_type, data },
      { command_type: 'UpdateProperty', data: set },
    ]
    session.do('ann', 'Batch', { commands })
    session.do('bob', ...remove('a'))
    const before = session.state()
    expect(session.undo('ann').error?.code).toBe('UNDO_CONFLICT')
    expect(session.state()).toEqual(before)
    session.undo('bob')
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect([session.graph.has('n'), session.value('b', 'x')]).toEqual([true, undefined])
  })

  test('holds up no move: the rest of the batch is taken back', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    const [command_type, data] = move('n', 'b')
    const set = { node_id: 'b', property_id: 'x', new_value: 1 }
    const commands = [
      { command_type, data },
      { command_type: 'UpdateProperty', data: set },
    ]
    session.do('ann', 'Batch', { commands })
    session.do('bob', ...remove('a'))
    const skipped = { node_id: 'n', reason: 'parent-gone', by: 'bob', seq: 6 }
    expect(session.undo('ann').undo).toEqual(partial(skipped))
    expect([session.graph.childrenOf('b'), session.value('b', 'x')]).toEqual([['n'], undefined])
  })

  test('holds up a redo of a batch that would bring a node back below it', () => {
    const session = garden()
    const commands = ['n', 'm'].map((node_id, at) => ({
      command_type: 'CreateNode',
      data: { blueprint_type_id: 't', node_id, parent_id: at === 0 ? 'a' : null },
    }))
    session.do('ann', 'Batch', { commands })
    session.undo('ann')
    session.do('bob', ...remove('a'))
    expect(session.redo('ann').error?.code).toBe('UNDO_CONFLICT')
    expect(session.graph.has('m')).toBe(false)
    session.redo('ann', { force: true })
    expect(session.graph.childrenOf('r')).toEqual(['b', 'n'])
  })
})
