import { describe, expect, test } from 'vitest'
import { APPLIED, garden, noop, partial, remove } from './garden.js'

describe('properties', () => {
  test('[UNDO3] what somebody else has written since stays; the step is consumed', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'a', 'x', 2)
    const skipped = { node_id: 'a', property_id: 'x', reason: 'superseded', by: 'bob', seq: 5 }
    expect(session.undo('ann')).toEqual({ undo: noop(skipped) })
    expect(session.value('a', 'x')).toBe(2)
    expect(session.undo('ann').error?.code).toBe('NOTHING_TO_UNDO')
    expect(session.history.canRedo('ann')).toBe(false)
  })

  test('[UNDO3] it stands again when the other has undone', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'a', 'x', 2)
    session.undo('bob')
    expect(session.value('a', 'x')).toBe(1)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBeUndefined()
    // Bob's value lay on Ann's, which is gone.
    expect(session.redo('bob').undo).toMatchObject({ status: 'noop' })
  })

  test('[UNDO3] an own chain of undo and redo stands', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('ann', 'a', 'x', 2)
    for (const turn of ['undo', 'undo', 'redo', 'redo', 'undo', 'redo', 'undo', 'undo'] as const) {
      expect(session[turn]('ann').undo).toEqual(APPLIED)
    }
    expect(session.value('a', 'x')).toBeUndefined()
  })

  test('[UNDO3] part of a batch may be superseded', () => {
    const session = garden()
    const set = (node_id: string) => ({
      command_type: 'UpdateProperty',
      data: { node_id, property_id: 'x', new_value: 1 },
    })
    session.do('ann', 'Batch', { commands: [set('a'), set('b')] })
    session.set('bob', 'a', 'x', 2)
    const skipped = { node_id: 'a', property_id: 'x', reason: 'superseded', by: 'bob', seq: 5 }
    expect(session.undo('ann').undo).toEqual(partial(skipped))
    expect([session.value('a', 'x'), session.value('b', 'x')]).toEqual([2, undefined])
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect([session.value('a', 'x'), session.value('b', 'x')]).toEqual([2, 1])
  })

  test('[UNDO3] forced, it applies; the one who forced it has the last word', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'a', 'x', 2)
    const forced = session.undo('eve', { scope: 'session', target_command_id: 'c4', force: true })
    expect(forced.undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBeUndefined()
    const skipped = { node_id: 'a', property_id: 'x', reason: 'superseded', by: 'eve', seq: 6 }
    expect(session.undo('bob').undo).toEqual(noop(skipped))
  })

  test('[UNDO5] redo of a forced undo brings back what was there, and whose it was', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'a', 'x', 2)
    session.undo('ann', { force: true })
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe(2)
    expect(session.undo('bob').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe(1)
  })

  test('[UNDO3] a redo is superseded as well', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.undo('ann')
    session.set('bob', 'a', 'x', 2)
    expect(session.redo('ann').undo).toMatchObject({
      status: 'noop',
      skipped: [{ reason: 'superseded', by: 'bob' }],
    })
  })

  test('[UNDO3] on a node that is gone there is nothing to revert, forced or not', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.do('bob', ...remove('a'))
    const skipped = { node_id: 'a', property_id: 'x', reason: 'gone', by: 'bob', seq: 5 }
    const forced = { kind: 'undo', actor_id: 'ann', force: true } as const
    expect(session.history.plan(session.graph, forced)).toMatchObject({
      value: { outcome: noop(skipped) },
    })
    expect(session.undo('ann').undo).toEqual(noop(skipped))
  })

  test('[UNDO5] deleted properties and names come back', () => {
    const session = garden()
    session.set('ann', 'a', 'x', { deep: [1] })
    session.do('ann', 'DeleteProperty', { node_id: 'a', property_id: 'x' })
    session.set('ann', 'a', 'name', 'New')
    session.undo('ann')
    session.undo('ann')
    expect(session.graph.record('a')).toMatchObject({
      name: 'task',
      properties: { x: { deep: [1] } },
    })
  })
})
