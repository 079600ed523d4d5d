import { describe, expect, test } from 'vitest'
import type { Node } from '@talus/protocol'
import { APPLIED, garden, move, partial, remove } from './garden.js'
import { NOW, Session } from './session.js'

describe('deletions', () => {
  test('[DEL1] the same ids, properties and order come back, and go again', () => {
    const session = garden()
    session.create('zoe', 'n', 'a', { position: { at: 'start' }, properties: { x: [1] } })
    session.create('zoe', 'm', 'a', { position: { at: 'start' } })
    session.do('bob', ...move('b', 'n'))
    const before = session.state()
    session.do('ann', ...remove('a'))
    const after = session.state()
    for (let n = 0; n < 2; n += 1) {
      expect(session.undo('ann').undo).toEqual(APPLIED)
      expect(session.state()).toEqual(before)
      expect(session.redo('ann').undo).toEqual(APPLIED)
      expect(session.state()).toEqual(after)
    }
  })

  test('[UNDO4] without the parent there is no place; the step stays', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.create('zoe', 'm', 'n')
    session.do('ann', ...remove('m'))
    session.do('bob', ...remove('n'))
    const refused = {
      code: 'UNDO_CONFLICT',
      details: [{ path: '/parent_id', expected: 'a living parent', actual: 'n', hint: 'a' }],
    }
    const before = session.state()
    expect(session.undo('ann').error).toMatchObject(refused)
    expect(session.undo('ann').error).toMatchObject(refused)
    expect(session.state()).toEqual(before)
    session.undo('bob')
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.childrenOf('n')).toEqual(['m'])
  })

  test('[UNDO4] forced, it comes back below the nearest living ancestor, at the end', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.create('zoe', 'm', 'n')
    session.create('zoe', 'l', 'm')
    session.do('ann', ...remove('m'))
    session.do('bob', ...remove('a'))
    expect(session.undo('ann', { force: true }).undo).toEqual(APPLIED)
    expect(session.graph.childrenOf('r')).toEqual(['b', 'm'])
    expect(session.graph.childrenOf('m')).toEqual(['l'])
    session.redo('ann')
    session.do('bob', ...remove('r'))
    expect(session.undo('ann').error).toMatchObject({ details: [{ actual: 'r', hint: 'none' }] })
    session.undo('ann', { force: true })
    expect(session.graph.roots()).toEqual(['m'])
  })

  test('[UNDO4] a redo of a creation waits for its parent as well', () => {
    const session = garden()
    session.create('ann', 'n', 'a')
    session.undo('ann')
    session.do('bob', ...remove('a'))
    expect(session.redo('ann').error).toMatchObject({ code: 'UNDO_CONFLICT' })
    session.undo('bob')
    expect(session.redo('ann').undo).toEqual(APPLIED)
  })

  test.each<[string, (session: Session) => unknown, object]>([
    ['edited', (s) => s.set('bob', 'n', 'x', 2), { node_id: 'a', reason: 'edited', by: 'bob' }],
    ['filled', (s) => s.create('bob', 'q', 'n'), { node_id: 'a', reason: 'filled', by: 'bob' }],
    ['filled by a move', (s) => s.do('bob', ...move('b', 'n')), { node_id: 'a', reason: 'filled' }],
    ['moved', (s) => s.do('bob', ...move('a', 'b')), { node_id: 'a', reason: 'moved', by: 'bob' }],
    [
      'moved within',
      (s) => s.do('bob', ...move('n', 'm')),
      { node_id: 'a', reason: 'moved', by: 'bob' },
    ],
    ['gone', (s) => s.do('bob', ...remove('a')), { node_id: 'a', reason: 'gone', by: 'bob' }],
  ])('[UNDO3] redo of a deletion keeps a subtree that was… %s', (_, meanwhile, skipped) => {
    const session = garden()
    session.create('zoe', 'n', 'a', { properties: { x: 1 } })
    session.create('zoe', 'm', 'a')
    session.set('bob', 'n', 'y', 1)
    session.do('ann', ...remove('a'))
    session.undo('ann')
    meanwhile(session)
    const before = session.state()
    expect(session.redo('ann').undo).toMatchObject({ status: 'noop', skipped: [skipped] })
    expect(session.state()).toEqual(before)
  })

  test('[UNDO3] a node that was moved out of it stays, the rest goes', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.do('ann', ...remove('a'))
    session.undo('ann')
    session.do('bob', ...move('n', 'b'))
    expect(session.redo('ann').undo).toEqual(
      partial({ node_id: 'n', reason: 'moved', by: 'bob', seq: 7 }),
    )
    expect([session.graph.has('a'), session.graph.has('n')]).toEqual([false, true])
  })

  test('[UNDO3] what comes back stands near its place when a sibling stays away', () => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.create('zoe', 'm', 'a')
    const [n, m, a] = [move('n', 'r'), remove('m'), remove('a')].map(([command_type, data]) => ({
      command_type,
      data,
    }))
    session.do('ann', 'Batch', { commands: [m, n, a] })
    session.do('bob', ...move('n', 'b'))
    expect(session.undo('ann').undo).toMatchObject({
      status: 'partial',
      skipped: [{ node_id: 'n', reason: 'moved', by: 'bob' }],
    })
    expect(session.graph.childrenOf('a')).toEqual(['m'])
  })

  test('[DEL1] 10,000 levels come back', () => {
    const session = new Session()
    const node = (n: number): Node => ({
      id: `n${n}`,
      blueprint_type_id: 't',
      name: '',
      parent_id: n === 0 ? null : `n${n - 1}`,
      children: [],
      properties: {},
      created_at: NOW,
    })
    session.replace(Array.from({ length: 10_000 }, (_, n) => node(n)))
    session.do('ann', ...remove('n0'))
    expect(session.graph.size).toBe(0)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.size).toBe(10_000)
    expect(session.redo('ann').undo).toEqual(APPLIED)
  })
})
