import { describe, expect, test } from 'vitest'
import { invert } from '../src/index.js'
import { APPLIED, garden, move, remove } from './garden.js'
import type { Session } from './session.js'

describe('creations', () => {
  test('[UNDO3] goes with the own later additions, and comes back with them', () => {
    const session = garden()
    const first = session.create('ann', 'n', 'a')
    session.create('ann', 'm', 'n')
    session.set('ann', 'm', 'x', 1)
    const before = session.state()
    expect(session.undo('ann', { target_command_id: first }).undo).toEqual(APPLIED)
    expect([session.graph.has('n'), session.graph.has('m')]).toEqual([false, false])
    expect(session.redo('ann', { target_command_id: first }).undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.has('n')).toBe(false)
  })

  test.each<[string, (session: Session) => unknown, object]>([
    ['edited', (s) => s.set('bob', 'n', 'x', 1), { reason: 'edited', by: 'bob' }],
    ['edited', (s) => s.set('bob', 'n', 'name', 'N'), { reason: 'edited', by: 'bob' }],
    [
      'edited by taking a property away',
      (s) => s.do('bob', 'DeleteProperty', { node_id: 'n', property_id: 'own' }),
      { reason: 'edited', by: 'bob' },
    ],
    ['filled', (s) => s.create('bob', 'm', 'n'), { reason: 'filled', by: 'bob' }],
    [
      'filled by a move',
      (s) => s.do('bob', ...move('b', 'n')),
      { reason: 'filled', by: 'bob', seq: 5 },
    ],
    [
      'filled by an own move',
      (s) => s.do('ann', ...move('b', 'n')),
      { reason: 'filled', by: 'zoe' },
    ],
    ['moved', (s) => s.do('bob', ...move('n', 'b')), { reason: 'moved', by: 'bob' }],
    ['gone', (s) => s.do('bob', ...remove('n')), { reason: 'gone', by: 'bob' }],
    [
      'below it, edited',
      (s) => [s.create('ann', 'm', 'n'), s.set('bob', 'm', 'x', 1)],
      { reason: 'edited', by: 'bob' },
    ],
  ])('[UNDO3] is kept when somebody else has… %s', (_, meanwhile, skipped) => {
    const session = garden()
    const data = { properties: { own: 1 } }
    const target_command_id = session.create('ann', 'n', 'a', data)
    meanwhile(session)
    const before = session.state()
    const { undo } = session.undo('ann', { target_command_id })
    expect(undo).toMatchObject({ status: 'noop', skipped: [{ node_id: 'n', ...skipped }] })
    expect(session.state()).toEqual(before)
  })

  test.each<[string, (session: Session) => unknown]>([
    ['edited', (s) => s.set('bob', 'n', 'x', 1)],
    ['filled', (s) => s.create('bob', 'm', 'n')],
    ['moved', (s) => s.do('bob', ...move('n', 'b'))],
  ])('[UNDO3] forced, it goes though %s; redo brings all of it back', (_, meanwhile) => {
    const session = garden()
    session.create('ann', 'n', 'a')
    meanwhile(session)
    const before = session.state()
    expect(session.undo('ann', { force: true }).undo).toEqual(APPLIED)
    expect(session.graph.has('n')).toBe(false)
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
    // Bob's work is Bob's again.
    expect(session.undo('ann').undo).toMatchObject({ status: 'noop', skipped: [{ by: 'bob' }] })
    expect(session.undo('bob').undo).toEqual(APPLIED)
  })

  test('[UNDO3] what others have undone themselves does not count', () => {
    const session = garden()
    session.create('ann', 'n', 'a')
    session.set('bob', 'n', 'x', 1)
    session.do('bob', ...move('n', 'b'))
    session.undo('bob')
    session.undo('bob')
    expect(session.undo('ann').undo).toEqual(APPLIED)
  })

  test('[UNDO3] stamps outlive the node: deleted and restored, an edit still counts', () => {
    const session = garden()
    session.create('ann', 'n', 'a')
    session.set('bob', 'n', 'x', 1)
    session.do('cat', ...remove('n'))
    session.undo('cat')
    expect(session.undo('ann').undo).toMatchObject({
      status: 'noop',
      skipped: [{ reason: 'edited' }],
    })
  })

  test('[UNDO3] a node that was there before may not be taken along', () => {
    const session = garden()
    session.create('ann', 'old', 'a')
    const target_command_id = session.create('ann', 'n', 'a')
    session.do('ann', ...move('old', 'n'))
    const { undo } = session.undo('ann', { target_command_id })
    expect(undo).toMatchObject({ skipped: [{ node_id: 'n', reason: 'filled', by: 'ann' }] })
  })

  test('[UNDO3] a node made anew owes nothing to who wrote its former self', () => {
    const session = garden()
    session.set('bob', 'b', 'x', 1)
    session.do('ann', ...remove('b'))
    const removal = session.entries.at(-1)?.changes ?? []
    const changes = invert(removal)
    session.commit({ kind: 'do', actor_id: 'cat', command_type: 'Restore', changes })
    expect(session.undo('cat').undo).toEqual(APPLIED)
    expect(session.graph.has('b')).toBe(false)
  })

  test("[UNDO3] imported nodes are nobody's additions", () => {
    const session = garden()
    session.replace(session.graph.nodes())
    const target_command_id = session.create('ann', 'n', 'r')
    session.do('ann', ...move('b', 'n'))
    const { undo } = session.undo('ann', { target_command_id })
    expect(undo).toMatchObject({ skipped: [{ node_id: 'n', reason: 'filled' }] })
  })

  test('[UNDO3] a batch is judged node by node', () => {
    const session = garden()
    const create = (node_id: string, parent_id: string) => ({
      command_type: 'CreateNode',
      data: { blueprint_type_id: 't', node_id, parent_id },
    })
    const commands = [create('p', 'a'), create('q', 'p'), create('o', 'p')]
    session.do('ann', 'Batch', { commands })
    session.set('bob', 'q', 'x', 1)
    expect(session.undo('ann').undo).toMatchObject({
      status: 'partial',
      skipped: [
        { node_id: 'q', reason: 'edited', by: 'bob' },
        { node_id: 'p', reason: 'edited', by: 'bob' },
      ],
    })
    expect(['p', 'q', 'o'].map((id) => session.graph.has(id))).toEqual([true, true, false])
    session.redo('ann')
    expect(session.graph.childrenOf('p')).toEqual(['q', 'o'])
  })

  test('[UNDO3] an edit of the same batch is no obstacle', () => {
    const session = garden()
    const before = session.state()
    session.do('ann', 'Batch', {
      commands: [
        {
          command_type: 'CreateNode',
          data: { blueprint_type_id: 't', node_id: 'p', parent_id: 'a' },
        },
        { command_type: 'MoveNode', data: { node_id: 'b', parent_id: 'p' } },
        { command_type: 'UpdateProperty', data: { node_id: 'p', property_id: 'x', new_value: 1 } },
        { command_type: 'DeleteNode', data: { node_id: 'b' } },
      ],
    })
    const after = session.state()
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(after)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.state()).toEqual(before)
  })
})
