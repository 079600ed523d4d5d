import type { Entry } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { MAX_STEP_CHARS, MAX_STEPS, MAX_STEPS_PER_ACTOR, UndoHistory } from '../src/index.js'
import { APPLIED, garden, noop, remove } from './garden.js'
import { NOW } from './session.js'

function record(history: UndoHistory, entry: Entry): void {
  history.record(entry, JSON.stringify(entry))
}

describe('stacks', () => {
  test('[UNDO1] each actor undoes and redoes the own last step', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'b', 'x', 1)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect([session.value('a', 'x'), session.value('b', 'x')]).toEqual([undefined, 1])
    expect([session.history.canUndo('ann'), session.history.canRedo('ann')]).toEqual([false, true])
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.value('a', 'x')).toBe(1)
    expect([session.history.canUndo('ann'), session.history.canRedo('ann')]).toEqual([true, false])
  })

  test('[UNDO1] nothing to undo or redo', () => {
    const session = garden()
    expect(session.undo('ann').error).toMatchObject({ code: 'NOTHING_TO_UNDO' })
    expect(session.redo('ann').error).toMatchObject({ code: 'NOTHING_TO_REDO' })
    const command_id = session.set('ann', 'a', 'x', 1)
    const named = { target_command_id: command_id }
    expect(session.undo('bob', named).error).toMatchObject({
      code: 'NOTHING_TO_UNDO',
      details: [{ path: '/target_command_id', actual: command_id }],
    })
    expect(session.redo('ann', named).error).toMatchObject({ code: 'NOTHING_TO_REDO' })
  })

  test('[UNDO1] scope session takes the last step of anybody, back to its owner', () => {
    const session = garden()
    session.set('bob', 'b', 'x', 1)
    session.set('ann', 'a', 'x', 1)
    expect(session.undo('eve', { scope: 'session' }).entry?.actor.id).toBe('eve')
    expect(session.value('a', 'x')).toBeUndefined()
    session.undo('eve', { scope: 'session' })
    expect(session.value('b', 'x')).toBeUndefined()
    expect(session.history.canRedo('eve')).toBe(false)
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.redo('eve', { scope: 'session' }).undo).toEqual(APPLIED)
    expect(session.value('b', 'x')).toBe(1)
  })

  test('[UNDO1] a step can be named wherever it is on the stack', () => {
    const session = garden()
    const first = session.set('ann', 'a', 'x', 1)
    session.set('ann', 'a', 'y', 2)
    expect(session.undo('ann', { target_command_id: first }).undo).toEqual(APPLIED)
    expect(session.graph.record('a')?.properties).toEqual({ y: 2 })
    expect(session.undo('bob', { target_command_id: first, scope: 'session' }).error?.code).toBe(
      'NOTHING_TO_UNDO',
    )
    session.redo('ann', { target_command_id: first })
    session.undo('ann')
    expect(session.graph.record('a')?.properties).toEqual({ y: 2 })
  })

  test('[UNDO2] an undo says what it undoes, and its entry leads there', () => {
    const session = garden()
    const command_id = session.do('ann', ...remove('a'))
    const planned = session.history.plan(session.graph, { kind: 'undo', actor_id: 'ann' })
    expect(planned).toMatchObject({
      ok: true,
      value: {
        target: { command_id, command_type: 'DeleteNode' },
        changes: [{ type: 'node-added' }],
      },
    })
    expect(session.undo('ann').entry).toMatchObject({ kind: 'undo', target_command_id: command_id })
  })

  test('[UNDO2] a label is handed on', () => {
    const history = new UndoHistory()
    const change = { type: 'property-set', node_id: 'a', property_id: 'x', new_value: 1 } as const
    record(history, {
      seq: 1,
      command_id: 'c',
      command_type: 'Batch',
      kind: 'do',
      actor: { id: 'ann' },
      label: 'Tidy up',
      timestamp: NOW,
      changes: [change],
    })
    const planned = history.plan(garden().graph, { kind: 'undo', actor_id: 'ann' })
    expect(planned).toMatchObject({ ok: true, value: { target: { label: 'Tidy up' } } })
  })

  test('[UNDO6] a new command clears the redo stack of its actor only', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'b', 'x', 1)
    session.undo('ann')
    session.undo('bob')
    session.set('ann', 'a', 'y', 1)
    expect([session.history.canRedo('ann'), session.history.canRedo('bob')]).toEqual([false, true])
  })

  test('[UNDO13] without a target, the last step that the caller had seen is taken', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    const seen = { last_seq: session.entries.length }
    session.set('ann', 'a', 'y', 1)
    session.set('bob', 'b', 'x', 1)
    expect(session.undo('ann', seen).undo).toEqual(APPLIED)
    expect(session.graph.record('a')?.properties).toEqual({ y: 1 })
    expect(session.undo('ann', seen).error?.code).toBe('NOTHING_TO_UNDO')
    session.undo('eve', { ...seen, scope: 'session' })
    expect([session.value('a', 'y'), session.value('b', 'x')]).toEqual([1, 1])
    expect(session.redo('ann', seen).error?.code).toBe('NOTHING_TO_REDO')
  })

  test('[UNDO13] a redo finds a step that was cleared after the caller had seen it undone', () => {
    const session = garden()
    const command_id = session.set('ann', 'a', 'x', 1)
    session.undo('ann')
    const seen = { last_seq: session.entries.length }
    session.set('ann', 'a', 'y', 1)
    const named = { target_command_id: command_id }
    const later = { last_seq: session.entries.length, ...named }
    session.history = UndoHistory.fromSnapshot(session.history.toSnapshot())
    expect(session.redo('ann', named).error?.code).toBe('NOTHING_TO_REDO')
    expect(session.redo('ann', later).error?.code).toBe('NOTHING_TO_REDO')
    expect(session.redo('bob', { ...seen, ...named }).error?.code).toBe('NOTHING_TO_REDO')
    expect(session.history.canRedo('ann')).toBe(false)
    expect(session.redo('ann', { ...seen, ...named }).undo).toEqual(APPLIED)
    expect(session.graph.record('a')?.properties).toEqual({ x: 1, y: 1 })
    // It is the last step of the actor again.
    expect(session.undo('ann').entry).toMatchObject(named)
    expect(session.history.canRedo('ann')).toBe(true)
  })

  test('[UNDO13] what was written since stays, also what the actor has written', () => {
    const session = garden()
    const command_id = session.set('ann', 'a', 'x', 1)
    session.undo('ann')
    const last_seq = session.entries.length
    session.set('ann', 'a', 'x', 2)
    const named = { target_command_id: command_id, last_seq }
    expect(session.redo('ann', named).undo?.status).toBe('noop')
    expect(session.value('a', 'x')).toBe(2)
    expect(session.redo('ann', named).error?.code).toBe('NOTHING_TO_REDO')
  })

  test('[UNDO13] cleared steps are bounded, and go before others do', () => {
    const session = garden()
    const first = session.set('ann', 'a', 'x', 0)
    session.undo('ann')
    const last_seq = session.entries.length
    const named = { target_command_id: first, last_seq }
    const again = (times: number) => {
      for (let n = 0; n < times; n += 1) {
        session.set('ann', 'a', 'y', n)
        session.undo('ann')
      }
    }
    const planned = () =>
      session.history.plan(session.graph, { kind: 'redo', actor_id: 'ann', ...named })
    again(1_000)
    expect(planned().ok).toBe(true)
    again(1)
    session.set('ann', 'a', 'z', 0)
    expect(planned()).toMatchObject({ error: { code: 'NOTHING_TO_REDO' } })
  })

  test('[UNDO13] a step that is undone already says so', () => {
    const session = garden()
    const named = { target_command_id: session.set('ann', 'a', 'x', 1) }
    session.undo('ann', named)
    expect(session.undo('ann', named).error).toMatchObject({
      code: 'NOTHING_TO_UNDO',
      message: 'This command is undone already',
    })
  })

  test('[UNDO1] a replaced graph ends all that was', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.replace(session.graph.nodes())
    expect(session.undo('ann').error?.code).toBe('NOTHING_TO_UNDO')
    expect(session.undo('loader').error?.code).toBe('NOTHING_TO_UNDO')
    expect([...session.history.toSnapshot()]).toHaveLength(1)
  })

  test('[UNDO1] stacks are bounded, the oldest steps go', () => {
    const session = garden()
    const first = session.set('ann', 'a', 'x', 0)
    for (let n = 1; n <= MAX_STEPS_PER_ACTOR; n += 1) session.set('ann', 'a', 'x', n)
    expect(session.undo('ann', { target_command_id: first }).error?.code).toBe('NOTHING_TO_UNDO')
    for (let n = 0; n < MAX_STEPS_PER_ACTOR; n += 1)
      expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.history.canUndo('ann')).toBe(false)
    expect(session.value('a', 'x')).toBe(0)
    for (let n = 0; n < MAX_STEPS; n += 1) session.set(`actor${n}`, 'b', `p${n % 100}`, n)
    expect(session.history.canRedo('ann')).toBe(false)
    expect(session.history.canUndo('actor0')).toBe(true)
    session.set('ann', 'a', 'x', -1)
    expect(session.history.canUndo('actor0')).toBe(false)
  })

  test('[UNDO7] where steps are large, the oldest go; the last one stays, however large', () => {
    const large = (seq: number, chars: number, history: UndoHistory) => {
      const change = { type: 'property-set', node_id: 'a', property_id: 'x' } as const
      const changes = [{ ...change, old_value: seq - 1, new_value: seq }]
      const by = { command_type: 'UpdateProperty', kind: 'do', actor: { id: 'ann' } } as const
      history.record(
        { ...by, seq, command_id: `c${seq}`, timestamp: NOW, changes },
        ' '.repeat(chars),
      )
    }
    const kept = (history: UndoHistory) =>
      [...history.toSnapshot()].flatMap((piece) => {
        const { step } = piece as { step?: { command_id: string } }
        return step ? [step.command_id] : []
      })
    const history = new UndoHistory()
    for (let seq = 1; seq <= 5; seq += 1) large(seq, MAX_STEP_CHARS / 4, history)
    expect(kept(history)).toEqual(['c2', 'c3', 'c4', 'c5'])
    const again = UndoHistory.fromSnapshot(history.toSnapshot())
    for (const each of [history, again]) {
      large(6, MAX_STEP_CHARS / 2, each)
      expect(kept(each)).toEqual(['c4', 'c5', 'c6'])
      large(7, MAX_STEP_CHARS + 1, each)
      expect(kept(each)).toEqual(['c7'])
    }
  })

  test('[UNDO1] the undo of a step that was dropped meanwhile still counts as a write', () => {
    const session = garden()
    const entry = session.undo('ann').entry
    expect(entry).toBeUndefined()
    session.set('bob', 'a', 'x', 1)
    record(session.history, {
      seq: 99,
      command_id: 'late',
      command_type: 'Undo',
      kind: 'undo',
      target_command_id: 'dropped',
      actor: { id: 'ann' },
      timestamp: NOW,
      changes: [
        { type: 'property-set', node_id: 'a', property_id: 'x', old_value: 1, new_value: 1 },
      ],
    })
    const skipped = { node_id: 'a', property_id: 'x', reason: 'superseded', by: 'ann', seq: 99 }
    expect(session.undo('bob').undo).toEqual(noop(skipped))
  })
})
