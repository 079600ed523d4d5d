import type { Change, Entry, JsonValue, Skipped } from '@talus/protocol'
import { expect } from 'vitest'
import { diff, invert, ProjectGraph, UndoHistory } from '../src/index.js'
import { OrderOracle } from './order-oracle.js'
import { Session, type Outcome } from './session.js'
import { WritersOracle } from './writers-oracle.js'

/** Seeded, and the same everywhere. */
function randomOf(seed: number) {
  let state = seed * 2_654_435_761
  const below = (n: number): number => {
    state = (state + 0x6d_2b_79_f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  return { below, pick: <T>(items: readonly T[]): T | undefined => items[below(items.length)] }
}

function expectEqual(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected)
}

type Random = ReturnType<typeof randomOf>

export const ACTORS = ['ann', 'bob', 'cat'] as const
const VALUES: JsonValue[] = [null, 0, 1, 'one', [1]]

function someCommand(session: Session, random: Random): [type: string, data: object] {
  const ids = Array.from(session.graph.preorder(), ({ id }) => id)
  const node_id = random.pick(ids) ?? 'none'
  const parent_id = random.below(4) === 0 ? null : (random.pick(ids) ?? null)
  const anchor = random.pick(ids) ?? 'none'
  const position = random.pick([
    { at: 'start' },
    { at: 'end' },
    { before: anchor },
    { after: anchor },
    { index: random.below(4) },
  ])
  const property_id = random.pick(['x', 'y', 'name']) ?? 'x'
  const new_value = property_id === 'name' ? `n${random.below(9)}` : (random.pick(VALUES) ?? null)
  switch (random.below(ids.length < 12 ? 9 : 12)) {
    case 0:
    case 1:
    case 2:
      return ['CreateNode', { blueprint_type_id: 't', parent_id, position }]
    case 3:
    case 4:
      return ['UpdateProperty', { node_id, property_id, new_value }]
    case 5:
      return ['DeleteProperty', { node_id, property_id }]
    case 6:
      return ['UnlinkNode', { parent_id, child_id: node_id }]
    case 7:
    case 8:
      return ['MoveNode', { node_id, parent_id, position }]
    default:
      return ['DeleteNode', { node_id }]
  }
}

function someBatch(session: Session, random: Random): [type: string, data: object] {
  const fresh = `b${session.entries.length}`
  const commands: [string, object][] = [
    ['CreateNode', { blueprint_type_id: 't', node_id: fresh, position: { at: 'start' } }],
    ['UpdateProperty', { node_id: fresh, property_id: 'x', new_value: 1 }],
  ]
  for (let n = random.below(4); n > 0; n -= 1) commands.push(someCommand(session, random))
  const sent = commands.slice(random.below(3))
  return ['Batch', { commands: sent.map(([command_type, data]) => ({ command_type, data })) }]
}

/** The graph after an entry, told from the beginning. */
function replayed(entries: readonly Entry[]): ProjectGraph {
  const graph = ProjectGraph.empty()
  for (const { changes } of entries) graph.apply(changes)
  return graph
}

function stateOf(graph: ProjectGraph) {
  return { roots: graph.roots(), nodes: graph.nodes() }
}

/** What is known before a turn: whose step it takes and what it takes back. */
type Turn = { target: Entry; latest: Entry; before: ProjectGraph }

/** A session, and beside it what the rules say of its journal. */
export class Model {
  readonly session = new Session()
  readonly #random: Random
  readonly #order = new OrderOracle()
  readonly #writers = new WritersOracle()

  constructor(seed: number) {
    this.#random = randomOf(seed)
  }

  step(): void {
    const { session } = this
    const random = this.#random
    const actor = random.pick(ACTORS) ?? 'ann'
    const what = random.below(24)
    if (what < 11) session.try(actor, ...someCommand(session, random))
    else if (what < 13) session.try(actor, ...someBatch(session, random))
    else if (what === 13 && random.below(4) === 0) this.#restore(actor)
    else if (what === 14) this.#reopen()
    else if (what < 20) this.#turn('undo', actor)
    else this.#turn('redo', actor)
    this.#follow()
  }

  /** All that an actor can take back, and again: the document is as it was (rule UNDO5). */
  checkRoundTrip(actor: string): void {
    const { session } = this
    const before = stateOf(session.graph)
    let steps = 0
    for (; session.history.canUndo(actor); steps += 1) {
      const { undo, error } = session.undo(actor)
      this.#follow()
      if (error) break
      // A step that came to nothing is gone, and one that was taken back in part is another one.
      if (undo?.status !== 'applied') return
    }
    while (steps-- > 0) {
      const { undo } = session.redo(actor)
      this.#follow()
      if (undo?.status !== 'applied') return
    }
    expectEqual(stateOf(session.graph), before)
  }

  checkJournal(): void {
    const { graph, entries } = this.session
    const again = replayed(entries)
    expectEqual(stateOf(again), stateOf(graph))
    for (const { changes } of entries.toReversed()) again.apply(invert(changes))
    expectEqual(again.size, 0)
  }

  #followed = 0

  #follow(): void {
    for (const entry of this.session.entries.slice(this.#followed)) {
      expectEqual(
        { seq: entry.seq, wrong: this.#order.take(entry) },
        {
          seq: entry.seq,
          wrong: [],
        },
      )
      this.#writers.take(entry)
    }
    this.#followed = this.session.entries.length
  }

  #restore(actor_id: string): void {
    const { session } = this
    const target = replayed(
      session.entries.slice(0, this.#random.below(session.entries.length + 1)),
    )
    const changes = diff(session.graph, target)
    if (changes.length === 0) return
    session.commit({ kind: 'do', actor_id, command_type: 'Restore', changes })
    expectEqual(stateOf(session.graph), stateOf(target))
  }

  #reopen(): void {
    const pieces = JSON.stringify([...this.session.history.toSnapshot()])
    this.session.history = UndoHistory.fromSnapshot(JSON.parse(pieces) as JsonValue[])
  }

  #turn(kind: 'undo' | 'redo', actor: string): void {
    const { session } = this
    const force = this.#random.below(12) === 0
    const own = session.entries.filter((entry) => entry.kind === 'do' && entry.actor.id === actor)
    const older = this.#random.below(2) === 0 ? this.#random.pick(own)?.command_id : undefined
    const before = replayed(session.entries)
    const options = { force, ...(older !== undefined && { target_command_id: older }) }
    const planned = session.history.plan(session.graph, { kind, actor_id: actor, ...options })
    expectEqual(stateOf(session.graph), stateOf(before))
    const outcome: Outcome =
      kind === 'undo' ? session.undo(actor, options) : session.redo(actor, options)
    if (!planned.ok || !outcome.undo) {
      expectEqual(/^(NOTHING_TO_|UNDO_CONFLICT)/.test(outcome.error?.code ?? ''), true)
      return
    }
    const { command_id } = planned.value.target
    const chain = session.entries.filter(
      (entry) =>
        entry !== outcome.entry &&
        (entry.command_id === command_id || entry.target_command_id === command_id),
    )
    const [target, latest] = [chain[0], chain.at(-1)]
    if (!target || !latest) throw new Error('a step is an entry of the journal')
    const turn = { target, latest, before }
    for (const skipped of outcome.undo.skipped) this.#checkSkipped(skipped, turn)
    if (!force) this.#checkSpared(outcome.entry?.changes ?? [], turn)
  }

  /** Who and what stands in the way is true (rule UNDO10). */
  #checkSkipped({ reason, node_id, property_id, by, seq }: Skipped, turn: Turn): void {
    const { target, latest, before } = turn
    const named = by === undefined ? undefined : { seq, by }
    const { graph } = this.session
    const writers = this.#writers
    const about = { reason, node_id, property_id, target: target.seq }
    const isTop = latest.changes.some((change) => 'node' in change && change.node.id === node_id)
    if (reason === 'gone') {
      expectEqual({ about, named }, { about, named: writers.remover(node_id) })
    } else if (reason === 'parent-gone') {
      const change = latest.changes.findLast(
        (one) =>
          one.type === 'node-moved' &&
          one.node_id === node_id &&
          !graph.has(one.from.parent_id ?? ''),
      )
      const parent_id = change?.type === 'node-moved' ? (change.from.parent_id ?? '') : ''
      expectEqual({ about, named }, { about, named: writers.remover(parent_id) })
    } else if (reason === 'superseded') {
      const thing =
        property_id === undefined ? `${node_id} existence` : `${node_id} .${property_id}`
      expectEqual({ about, named }, { about, named: writers.writer(thing) })
    } else if (reason === 'moved' && !isTop) {
      expectEqual({ about, named }, { about, named: writers.writer(`${node_id} place`) })
    } else if (named) {
      this.#checkObstacle({ reason, node_id, ...named }, before)
    }
  }

  /** The entry that is named did what the reason says, to the node or below it. */
  #checkObstacle(
    {
      reason,
      node_id,
      seq,
      by,
    }: { reason: string; node_id: string; seq?: number | undefined; by: string },
    before: ProjectGraph,
  ): void {
    const entry = this.session.entries[(seq ?? 0) - 1]
    expectEqual({ reason, seq, by: entry?.actor.id }, { reason, seq, by })
    const did = entry?.changes.some((change) => {
      const id = 'node' in change ? change.node.id : 'node_id' in change ? change.node_id : ''
      if (reason === 'cycle') return change.type === 'node-moved' || change.type === 'node-added'
      if (!before.has(id) || !before.isWithin(id, node_id)) return false
      if (reason === 'edited') return change.type === 'property-set'
      return change.type === 'node-moved' || change.type === 'node-added'
    })
    expectEqual({ reason, node_id, seq, did }, { reason, node_id, seq, did: true })
  }

  /** What a turn removes is nothing that a colleague has worked on (rules UNDO3, UNDO11). */
  #checkSpared(changes: readonly Change[], { target, latest, before }: Turn): void {
    const owner = target.actor.id
    const gone = changes.flatMap((change) => (change.type === 'node-removed' ? [change.node] : []))
    const returned = latest.changes.flatMap((change) =>
      change.type === 'node-added' ? [change] : [],
    )
    for (const { id } of gone) {
      const back = returned.find(({ node }) => node.id === id)
      if (latest.kind === 'undo') {
        const since = this.session.entries.slice(latest.seq, -1)
        const theirs = since.filter((entry) => entry.actor.id !== owner)
        for (const entry of theirs) {
          for (const change of entry.changes) {
            if (!back && 'node' in change && change.node.id === id) {
              expectEqual({ id, came: entry.seq }, 'not with an entry of somebody else')
            }
            if (change.type !== 'property-set' || change.node_id !== id || !back) continue
            // What has the value with which it came back is as it was.
            const { property_id } = change
            const now =
              property_id === 'name'
                ? before.record(id)?.name
                : before.record(id)?.properties[property_id]
            const then = property_id === 'name' ? back.node.name : back.node.properties[property_id]
            const last = since.findLast((each) =>
              each.changes.some(
                (one) =>
                  one.type === 'property-set' &&
                  one.node_id === id &&
                  one.property_id === property_id,
              ),
            )
            if (last === entry)
              expectEqual({ id, seq: entry.seq, now }, { id, seq: entry.seq, now: then })
          }
        }
      } else {
        for (const editor of this.#writers.editors(id)) {
          if (editor.seq > target.seq) expectEqual({ id, editor: editor.by }, { id, editor: owner })
        }
        const creator = this.#writers.writer(`${id} existence`)
        if (creator) expectEqual({ id, creator: creator.by }, { id, creator: owner })
      }
    }
  }
}
