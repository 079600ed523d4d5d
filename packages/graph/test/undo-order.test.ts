import { describe, expect, test } from 'vitest'
import { UndoHistory } from '../src/index.js'
import { move, remove } from './garden.js'
import { Session } from './session.js'

/** Siblings among the roots, or below `p`. */
function siblings(ids: string, parent_id: string | null): Session {
  const session = new Session()
  if (parent_id !== null) session.create('zoe', parent_id)
  session.create('zoe', 'elsewhere')
  for (const id of ids) session.create('zoe', id, parent_id)
  if (parent_id === null) session.do('zoe', ...move('elsewhere', null, { at: 'end' }))
  return session
}

function orderOf(session: Session, parent_id: string | null): string {
  const ids = session.graph.childrenOf(parent_id).filter((id) => id.length === 1 && id !== 'p')
  return ids.join('')
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  )
}

/** The ways to leave a list. */
const LEAVE = {
  'a deletion': (session: Session, id: string) => session.do('ann', ...remove(id)),
  'a move to elsewhere': (session: Session, id: string) =>
    session.do('ann', ...move(id, 'elsewhere')),
}

/** As a server that was started again: what it knows went through a snapshot. */
function reopen(session: Session): void {
  const pieces = JSON.stringify([...session.history.toSnapshot()])
  session.history = UndoHistory.fromSnapshot(JSON.parse(pieces))
}

describe.each([null, 'p'])('[ORD2] below %s', (parent_id) => {
  describe.each(Object.entries(LEAVE))('%s', (_, leave) => {
    test('comes back between its neighbours when a sibling before them is new', () => {
      const session = siblings('abcde', parent_id)
      leave(session, 'c')
      session.create('bob', 'x', parent_id, { position: { at: 'start' } })
      session.undo('ann')
      expect(orderOf(session, parent_id)).toBe('xabcde')
      session.create('bob', 'y', parent_id, { position: { after: 'a' } })
      session.redo('ann')
      expect(orderOf(session, parent_id)).toBe('xaybde')
      session.do('bob', ...remove('a'))
      session.undo('ann')
      expect(orderOf(session, parent_id)).toBe('xybcde')
    })

    test('comes back in order, whoever leaves first and whoever comes back first', () => {
      for (const set of ['bc', 'bcd', 'abc', 'cde', 'abd', 'abcde']) {
        const orders =
          set.length > 3
            ? [set.split(''), set.split('').reverse(), 'cbdea'.split('')]
            : permutations(set.split(''))
        for (const gone of orders) {
          for (const back of orders) {
            const session = siblings('abcde', parent_id)
            const commands = new Map(gone.map((id) => [id, leave(session, id)]))
            reopen(session)
            for (const id of back) {
              session.undo('ann', { target_command_id: commands.get(id) ?? '' })
            }
            expect([gone, back, orderOf(session, parent_id)]).toEqual([gone, back, 'abcde'])
          }
        }
      }
    })

    test('comes back at once, from a batch in any order', () => {
      for (const gone of permutations('abcd'.split(''))) {
        const session = siblings('abcde', parent_id)
        const sent = gone.map((id) => {
          const [command_type, data] =
            leave === LEAVE['a deletion'] ? remove(id) : move(id, 'elsewhere')
          return { command_type, data }
        })
        session.do('ann', 'Batch', { commands: sent })
        session.create('bob', 'x', parent_id, { position: { at: 'start' } })
        session.create('bob', 'y', parent_id)
        session.undo('ann')
        expect([gone, orderOf(session, parent_id)]).toEqual([gone, 'xabcdey'])
        session.redo('ann')
        expect(orderOf(session, parent_id)).toBe('xey')
        session.undo('ann')
        expect(orderOf(session, parent_id)).toBe('xabcdey')
      }
    })

    test('what comes to a list that nobody is in any more stands behind those who return', () => {
      const session = siblings('abc', 'p')
      for (const id of 'bca') session.do('ann', ...remove(id))
      reopen(session)
      session.create('bob', 'x', 'p')
      session.create('bob', 'y', 'p', { position: { at: 'start' } })
      for (let n = 0; n < 3; n += 1) session.undo('ann')
      expect(orderOf(session, 'p')).toBe('yabcx')
    })

    test('what was put in between stands behind, what was put first stays first', () => {
      const session = siblings('abc', parent_id)
      for (const id of 'ab') leave(session, id)
      session.create('bob', 'x', parent_id, { position: { at: 'start' } })
      leave(session, 'c')
      session.create('bob', 'y', parent_id, { position: { after: 'x' } })
      for (let n = 0; n < 3; n += 1) session.undo('ann')
      expect(orderOf(session, parent_id)).toBe('xabcy')
    })

    test('a sibling that was moved since says nothing of where the others stood', () => {
      const session = siblings('abcde', parent_id)
      leave(session, 'c')
      session.do('bob', ...move('b', parent_id, { at: 'end' }))
      session.undo('ann')
      expect(orderOf(session, parent_id)).toBe('acdeb')
      session.undo('bob')
      expect(orderOf(session, parent_id)).toBe('abcde')
    })

    test('the one before it may be new, gone and back again', () => {
      const session = siblings('abc', parent_id)
      session.create('bob', 'x', parent_id, { position: { after: 'b' } })
      leave(session, 'c')
      session.undo('bob')
      session.undo('ann')
      session.redo('ann')
      session.redo('bob')
      session.undo('ann')
      expect(orderOf(session, parent_id)).toBe('abxc')
    })
  })

  test('a move inside the list is undone to between the neighbours', () => {
    const session = siblings('abcde', parent_id)
    session.do('ann', ...move('d', parent_id, { at: 'start' }))
    session.do('bob', ...remove('a'))
    session.create('bob', 'x', parent_id, { position: { at: 'start' } })
    session.undo('ann')
    expect(orderOf(session, parent_id)).toBe('xbcde')
    session.undo('bob')
    session.undo('bob')
    expect(orderOf(session, parent_id)).toBe('abcde')
  })

  test('a created node that was taken back is redone between its neighbours', () => {
    const session = siblings('abc', parent_id)
    session.create('ann', 'n', parent_id, { position: { after: 'a' } })
    session.undo('ann')
    session.create('bob', 'x', parent_id, { position: { at: 'start' } })
    session.redo('ann')
    expect(orderOf(session, parent_id)).toBe('xanbc')
  })
})

test('[ORD2] a subtree comes back with the order inside, also of those that left it before', () => {
  const session = siblings('', 'p')
  for (const id of 'abcd') session.create('zoe', id, 'p')
  session.do('bob', ...remove('b'))
  session.do('cat', ...move('c', 'elsewhere'))
  session.do('ann', ...remove('p'))
  reopen(session)
  session.undo('ann')
  session.create('dan', 'x', 'p', { position: { at: 'start' } })
  session.undo('cat')
  session.undo('bob')
  expect(session.graph.childrenOf('p')).toEqual(['x', 'a', 'b', 'c', 'd'])
})

test('[ORD3] changes say which sibling stood before, and only where a list closes up', () => {
  const session = siblings('abc', 'p')
  session.create('zoe', 'd', 'b')
  session.do('ann', ...remove('b'))
  session.do('ann', ...move('c', 'elsewhere'))
  session.do('ann', ...remove('a'))
  const after = session.entries
    .slice(-3)
    .map(({ changes }) =>
      changes.map((change) =>
        change.type === 'node-moved' ? change.from.after : 'after' in change && change.after,
      ),
    )
  expect(after).toEqual([[false, 'a'], ['a'], [false]])
  expect(session.entries.at(-1)?.changes).toMatchObject([{ index: 0, only: true }])
})

test('[ORD3] entries that do not say it, as they were before, come back by their index', () => {
  const session = siblings('abcde', null)
  session.do('ann', ...remove('c'))
  const entry = session.entries.at(-1)
  const changes = entry?.changes.map((change) => {
    const { after: _, ...rest } = change as typeof change & { after?: string }
    return rest
  })
  const old = { ...entry, changes } as NonNullable<typeof entry>
  session.history = new UndoHistory()
  for (const each of [...session.entries.slice(0, -1), old]) {
    session.history.record(each, JSON.stringify(each))
  }
  session.create('bob', 'x', null, { position: { at: 'start' } })
  session.undo('ann')
  expect(orderOf(session, null)).toBe('xacbde')
})

test('[ORD2] without its place, as after an older snapshot, it stands behind the sibling before', () => {
  const session = siblings('abcde', null)
  session.do('ann', ...remove('c'))
  const pieces = [...session.history.toSnapshot()] as { piece: string }[]
  session.history = UndoHistory.fromSnapshot(
    pieces.filter(({ piece }) => piece !== 'places') as never,
  )
  session.create('bob', 'x', null, { position: { at: 'start' } })
  session.undo('ann')
  expect(orderOf(session, null)).toBe('xabcde')
})
