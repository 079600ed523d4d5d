import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommand } from '@talus/protocol'
import { plan, ProjectGraph, UndoHistory } from '../src/index.js'
import { expectForest, expectReversible, imageOf } from './invariants.js'
import { actorOf, commandOf, moves, openSession, run, type Move } from './random-session.js'
import type { Session } from './session.js'

const actors = fc.integer({ min: 2, max: 4 })

function played(sequence: readonly Move[], among: number): Session {
  const session = openSession()
  for (const move of sequence) run(session, move, among)
  return session
}

function whatCanBeUndone(history: UndoHistory, graph: ProjectGraph) {
  return ['ann', 'bob', 'cat', 'dan'].flatMap((actor_id) =>
    (['undo', 'redo'] as const).map((kind) => history.plan(graph, { kind, actor_id })),
  )
}

describe('random sessions of two to four actors', () => {
  test('[TREE1] [ID1] the graph stays a forest', () => {
    fc.assert(
      fc.property(moves(60), actors, (sequence, among) => {
        const session = openSession()
        for (const move of sequence) run(session, move, among)
        expectForest(session.graph)
        expect(session.graph.nodes()).toHaveLength(session.graph.size)
      }),
      { numRuns: 150 },
    )
  })

  test('[CMD1] [CMD7] every plan is pure, and what it says can be taken back', () => {
    fc.assert(
      fc.property(moves(40), actors, (sequence, among) => {
        const session = openSession()
        for (const move of sequence) {
          const before = imageOf(session.graph)
          const command = parseCommand(...commandOf(session, move))
          const context = { ...session.context, newId: () => 'fresh' }
          const planned = command.ok ? plan(session.graph, command.value, context) : command
          whatCanBeUndone(session.history, session.graph)
          expect(imageOf(session.graph)).toEqual(before)
          expect(session.graph.isTaken('fresh')).toBe(false)
          if (planned.ok) expectReversible(session.graph, planned.value.changes)
          run(session, move, among)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('[CMD6] a batch is its parts', () => {
    fc.assert(
      fc.property(moves(30), moves(8), actors, (sequence, parts, among) => {
        const single = played(sequence, among)
        const batched = played(sequence, among)
        const accepted = parts.flatMap((part, index) => {
          const [command_type, data] = commandOf(single, part)
          if (command_type === 'Batch') return []
          const named = command_type === 'CreateNode' ? { ...data, node_id: `part${index}` } : data
          const { error } = single.try('ann', command_type, named)
          return error ? [] : [{ command_type, data: named }]
        })
        if (accepted.length === 0) return
        expect(batched.try('ann', 'Batch', { commands: accepted }).error).toBeUndefined()
        expect(imageOf(batched.graph)).toEqual(imageOf(single.graph))
      }),
      { numRuns: 100 },
    )
  })

  test('[UNDO5] undoing n steps and redoing n leaves the document as it was', () => {
    fc.assert(
      fc.property(moves(60), actors, fc.nat(12), (sequence, among, n) => {
        const session = played(sequence, among)
        for (let actor = 0; actor < among; actor += 1) {
          const name = actorOf({ actor } as Move, among)
          const before = session.state()
          const states = []
          for (let step = 0; step < n; step += 1) {
            states.push(session.state())
            const { entry } = session.undo(name)
            if (entry) continue
            // Nothing to undo, nothing left of it, or no place: no step that could be redone.
            states.pop()
            break
          }
          for (const state of states.toReversed()) {
            expect(session.redo(name).undo).toEqual({ status: 'applied', skipped: [] })
            expect(session.state()).toEqual(state)
          }
          expect(session.state()).toEqual(before)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('[UNDO1] graph and history are a fold over the entries, and survive a snapshot', () => {
    fc.assert(
      fc.property(moves(60), actors, (sequence, among) => {
        const session = played(sequence, among)
        const graph = ProjectGraph.empty()
        const history = new UndoHistory()
        for (const entry of session.entries) {
          graph.apply(entry.changes)
          history.record(entry, JSON.stringify(entry))
        }
        expect(imageOf(graph)).toEqual(imageOf(session.graph))
        const restored = ProjectGraph.restore(graph.nodes(), graph.retired())
        const pieces = JSON.parse(JSON.stringify([...history.toSnapshot()]))
        const reread = UndoHistory.fromSnapshot(pieces)
        expect(imageOf(restored)).toEqual(imageOf(graph))
        expect([...reread.toSnapshot()]).toEqual(pieces)
        const answers = whatCanBeUndone(history, graph)
        expect(whatCanBeUndone(reread, restored)).toEqual(answers)
      }),
      { numRuns: 100 },
    )
  })

  test('[UNDO3] nobody loses work to an undo that is not forced', () => {
    const careful = moves(50).map((all) => all.filter(({ what }) => !what.endsWith('forced')))
    fc.assert(
      fc.property(careful, actors, (sequence, among) => {
        const session = openSession()
        for (const move of sequence) {
          if (move.what !== 'undo' && move.what !== 'redo') {
            run(session, move, among)
            continue
          }
          const actor = actorOf(move, among)
          const writes = lastWrites(session, actor)
          const nodes = nodesOfOthers(session, actor)
          run(session, move, among)
          for (const node_id of nodes) expect(session.graph.has(node_id)).toBe(true)
          for (const { node_id, property_id, value } of writes) {
            const record = session.graph.record(node_id)
            expect({ node_id, property_id, value: record?.properties[property_id] }).toEqual({
              node_id,
              property_id,
              value,
            })
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})

function removedOnce(session: Session): Set<string> {
  return new Set(
    session.entries.flatMap(({ changes }) =>
      changes.flatMap((change) => (change.type === 'node-removed' ? change.node.id : [])),
    ),
  )
}

/** Nodes that are there without interruption since somebody else than `actor` created them. */
function nodesOfOthers(session: Session, actor: string): string[] {
  const removed = removedOnce(session)
  const created = session.entries
    .filter((entry) => entry.kind === 'do' && entry.actor.id !== actor)
    .flatMap(({ changes }) =>
      changes.flatMap((change) => (change.type === 'node-added' ? change.node.id : [])),
    )
  return created.filter((id) => !removed.has(id))
}

/**
 * Values that somebody else than `actor` set by a command, last of all and after whatever `actor`
 * did: nothing that `actor` undoes or redoes may touch these.
 */
function lastWrites(session: Session, actor: string) {
  const writes = new Map<string, { node_id: string; property_id: string; value: unknown }>()
  for (const entry of session.entries) {
    for (const change of entry.changes) {
      if (change.type !== 'property-set') continue
      const { node_id, property_id } = change
      const key = `${node_id} ${property_id}`
      writes.delete(key)
      if (property_id === 'name' || entry.kind !== 'do' || entry.actor.id === actor) continue
      if (!session.graph.has(node_id)) continue
      writes.set(key, {
        node_id,
        property_id,
        value: session.graph.record(node_id)?.properties[property_id],
      })
    }
  }
  // Redoing one's own deletion may take along what had been there before it.
  const removed = removedOnce(session)
  return [...writes.values()].filter(({ node_id }) => !removed.has(node_id))
}
