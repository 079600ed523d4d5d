import { describe, expect, test } from 'vitest'
import { plain } from './film-session.js'
import { Session } from './session.js'

describe('positions', () => {
  test.each<[string, object | undefined, string[]]>([
    ['the end', undefined, ['a', 'b', 'x']],
    ['at end', { at: 'end' }, ['a', 'b', 'x']],
    ['at start', { at: 'start' }, ['x', 'a', 'b']],
    ['before', { before: 'b' }, ['a', 'x', 'b']],
    ['after', { after: 'a' }, ['a', 'x', 'b']],
    ['index', { index: 1 }, ['a', 'x', 'b']],
    ['index beyond', { index: 99 }, ['a', 'b', 'x']],
    ['an anchor that is gone', { before: 'ghost' }, ['a', 'b', 'x']],
    ['an anchor elsewhere', { before: 'c' }, ['a', 'b', 'x']],
    ['a root as anchor', { before: 'r' }, ['a', 'b', 'x']],
  ])('[ORD1] a new node: %s', (_, position, order) => {
    const session = plain()
    session.create('ann', 'x', 'r', { position })
    expect(session.graph.childrenOf('r')).toEqual(order)
  })

  const letters = ['a', 'b', 'c', 'd']
  test.each<[string, object | undefined, string]>([
    ['b', undefined, 'acdb'],
    ['b', { at: 'start' }, 'bacd'],
    ['b', { before: 'd' }, 'acbd'],
    ['b', { after: 'd' }, 'acdb'],
    ['d', { before: 'b' }, 'adbc'],
    ['d', { after: 'a' }, 'adbc'],
    ['b', { index: 2 }, 'acbd'],
    ['b', { index: 3 }, 'acdb'],
    ['a', { before: 'ghost' }, 'bcda'],
  ])('[ORD1] %s moves to %j among its siblings', (node_id, position, order) => {
    const session = new Session()
    session.create('ann', 'r')
    for (const id of letters) session.create('ann', id, 'r')
    session.do('ann', 'MoveNode', { node_id, parent_id: 'r', position })
    expect(session.graph.childrenOf('r').join('')).toBe(order)
  })

  test.each([{ before: 'b' }, { after: 'b' }, { index: 1 }, { before: 'c' }, { after: 'a' }])(
    '[ORD1] a move to where it stands changes nothing: %j',
    (position) => {
      const session = new Session()
      session.create('ann', 'r')
      for (const id of letters) session.create('ann', id, 'r')
      const outcome = session.try('ann', 'MoveNode', { node_id: 'b', parent_id: 'r', position })
      expect(outcome).toEqual({ result: null })
    },
  )
})
