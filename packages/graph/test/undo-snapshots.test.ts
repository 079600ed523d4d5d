import type { JsonObject, JsonValue, PropertySet } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { UndoHistory } from '../src/index.js'
import { APPLIED, garden, remove } from './garden.js'

type StepPiece = { entry: string; moved?: JsonValue[]; transitions?: JsonValue[] }

/** The piece as it was in a version of before, when it held no entry. */
function before(version: number, piece: JsonValue): JsonValue[] {
  const { piece: kind, entry, moved, transitions, ...step } = piece as JsonObject & StepPiece
  if (kind === 'undo-history') return [{ piece: kind, version }]
  if (kind !== 'step') return [piece]
  const { changes } = JSON.parse(entry) as { changes: (JsonObject & Partial<PropertySet>)[] }
  const [{ node_id = '', property_id } = {}] = changes
  const key = property_id === undefined ? 'b' : `${node_id} .${property_id}`
  const all = moved ? [[key, ...moved]] : (transitions ?? [])
  if (version === 3) return [{ piece: kind, ...step, changes, transitions: all }]
  return [
    { piece: kind, ...step },
    { piece: 'changes', changes },
    { piece: 'transitions', transitions: all },
  ]
}

describe('snapshots', () => {
  test('[UNDO1] a history read back from its pieces answers the same', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('bob', 'a', 'x', 2)
    session.do('ann', ...remove('b'))
    session.set('bob', 'a', 'y', 2)
    session.undo('ann')
    session.undo('bob')
    const pieces = [...session.history.toSnapshot()]
    session.history = UndoHistory.fromSnapshot(JSON.parse(JSON.stringify(pieces)))
    expect([...session.history.toSnapshot()]).toEqual(pieces)
    expect(session.redo('ann').undo).toEqual(APPLIED)
    expect(session.graph.has('b')).toBe(false)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.undo('ann').undo).toMatchObject({ status: 'noop', skipped: [{ by: 'bob' }] })
  })

  test.each([2, 3])('[UNDO1] a history of version %i is read', (version) => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.set('ann', 'a', 'x', 2)
    session.do('bob', ...remove('b'))
    session.undo('bob')
    const pieces = [...session.history.toSnapshot()].flatMap((piece) => before(version, piece))
    session.history = UndoHistory.fromSnapshot(pieces)
    expect([session.redo('bob').undo, session.undo('ann').undo]).toEqual([APPLIED, APPLIED])
    expect(session.graph.has('b')).toBe(false)
    expect(session.value('a', 'x')).toBe(1)
    session.undo('ann')
    expect(session.value('a', 'x')).toBeUndefined()
  })

  test('[UNDO1] large steps are cut into pieces', () => {
    const session = garden()
    for (let n = 0; n < 1_200; n += 1) session.create('zoe', `n${n}`, 'a')
    session.do('ann', ...remove('a'))
    const pieces = [...session.history.toSnapshot()]
    expect(Math.max(...pieces.map((piece) => JSON.stringify(piece).length))).toBeLessThan(200_000)
    session.history = UndoHistory.fromSnapshot(pieces)
    expect(session.undo('ann').undo).toEqual(APPLIED)
    expect(session.graph.childCount('a')).toBe(1_200)
  })

  test('[HIST2] what is undone now is known, and by what, however long ago and through snapshots', () => {
    const session = garden()
    const first = session.set('ann', 'a', 'x', 1)
    const second = session.set('ann', 'a', 'x', 2)
    const undo = session.undo('ann').entry?.command_id
    // A new command ends the redo stack; the command stays undone.
    session.set('ann', 'b', 'x', 1)
    expect(session.redo('ann').error?.code).toBe('NOTHING_TO_REDO')
    session.history = UndoHistory.fromSnapshot(session.history.toSnapshot())
    expect(session.history.undoneBy(second)).toBe(undo)
    expect(session.history.undoneBy(first)).toBeUndefined()
    session.undo('bob', { scope: 'session' })
    session.redo('bob', { scope: 'session' })
    session.replace([])
    expect(session.history.undoneBy(second)).toBe(undo)
  })
})
