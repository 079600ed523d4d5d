import { describe, expect, test } from 'vitest'
import { APPLIED, garden, move, noop, remove } from './garden.js'
import type { Session } from './session.js'

describe('moves', () => {
  test('[UNDO5] lead back to the same place, or near it when siblings changed', () => {
    const session = garden()
    session.create('zoe', 'c', 'r')
    session.do('ann', ...move('c', 'a'))
    session.undo('ann')
    expect(session.graph.childrenOf('r')).toEqual(['a', 'b', 'c'])
    session.redo('ann')
    session.do('bob', ...remove('b'))
    session.undo('ann')
    expect(session.graph.childrenOf('r')).toEqual(['a', 'c'])
  })

  test('[UNDO5] reordering, linking and unlinking come back', () => {
    const session = garden()
    const before = session.state()
    session.do('ann', ...move('b', 'r', { at: 'start' }))
    session.do('ann', 'UnlinkNode', { parent_id: 'r', child_id: 'a' })
    session.do('ann', 'LinkNode', { parent_id: 'b', child_id: 'a' })
    for (let n = 0; n < 3; n += 1) expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
  })

  test.each<[string, (session: Session) => unknown, object]>([
    ['moved', (s) => s.do('bob', ...move('n', 'b')), { reason: 'moved', by: 'bob', seq: 6 }],
    ['gone', (s) => s.do('bob', ...remove('n')), { reason: 'gone', by: 'bob', seq: 6 }],
    [
      'parent-gone',
      (s) => s.do('bob', ...remove('a')),
      { reason: 'parent-gone', by: 'bob', seq: 6 },
    ],
    ['cycle', (s) => s.do('bob', ...move('a', 'n')), { reason: 'cycle', by: 'bob', seq: 6 }],
  ])('[UNDO3] stay when %s', (_, meanwhile, skipped) => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.do('ann', ...move('n', null))
    meanwhile(session)
    const before = session.state()
    expect(session.undo('ann').undo).toEqual(noop({ node_id: 'n', ...skipped }))
    expect(session.state()).toEqual(before)
  })

  test.each<[string, (session: Session) => unknown, string]>([
    ['moved', (s) => s.do('bob', ...move('n', 'b')), 'applied'],
    ['gone', (s) => s.do('bob', ...remove('n')), 'noop'],
    ['cycle', (s) => s.do('bob', ...move('a', 'n')), 'noop'],
    ['parent-gone', (s) => s.do('bob', ...remove('a')), 'noop'],
  ])('[UNDO3] forced, when %s', (_, meanwhile, status) => {
    const session = garden()
    session.create('zoe', 'n', 'a')
    session.do('ann', ...move('n', null))
    meanwhile(session)
    expect(session.undo('ann', { force: true }).undo?.status).toBe(status)
  })
})
