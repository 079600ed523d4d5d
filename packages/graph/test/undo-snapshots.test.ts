import type { JsonValue } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { UndoHistory } from '../src/index.js'
import { APPLIED, garden, remove } from './garden.js'

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

  test('[UNDO1] a history of version 2, where steps have pieces of their own for all, is read', () => {
    const session = garden()
    session.set('ann', 'a', 'x', 1)
    session.do('bob', ...remove('b'))
    session.undo('bob')
    const pieces = [...session.history.toSnapshot()]
    const before = pieces.flatMap((piece) => {
      const { piece: kind, changes, transitions, ...rest } = piece as Record<string, JsonValue>
      if (kind === 'undo-history') return [{ piece: kind, version: 2 }]
      if (kind !== 'step') return [piece]
      const parts = { changes, transitions }
      return [
        { piece: kind, ...rest },
        ...Object.entries(parts).map(([key, part]) => ({ piece: key, [key]: part })),
      ]
    })
    expect(before.length).toBeGreaterThan(pieces.length)
    const read = UndoHistory.fromSnapshot(before as JsonValue[])
    expect([...read.toSnapshot()]).toEqual(pieces)
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
