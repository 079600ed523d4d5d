import type { NodeAdded } from '@talus/protocol'
import { sameJson } from '../json-equality.js'
import { valueOf, type NodeRecord } from '../node-record.js'
import { removalsInSteps } from '../plan/delete-node.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { Reversal } from './reversal.js'
import { lastForeign, later, markOf, type Stamp } from './stamps.js'
import { stands } from './step.js'
import { applied, skipped, type Obstacle, type Verdict } from './verdict.js'

/** What an undo brought back, by id: a redo removes that and nothing else. */
export type Restored = ReadonlyMap<string, NodeAdded>

export function* restoredBy({ step }: Reversal): Steps<Restored> {
  const restored = new Map<string, NodeAdded>()
  for (const [n, change] of step.latest.changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    if (change.type === 'node-added') restored.set(change.node.id, change)
  }
  return restored
}

function isForeign(stamp: Stamp | undefined, { step }: Reversal): stamp is Stamp {
  return stamp !== undefined && stamp.actor_id !== step.actor_id
}

/** Whether the caller may be told what a property holds: what may be changed may be seen. */
function mayCompare({ permissions }: Reversal, type_id: string, property_id: string): boolean {
  return permissions?.toWrite({ type_id, property_id, path: '' }).ok ?? true
}

/**
 * Somebody else's last write to the node; of what came back, one that changed it since. Of what the
 * caller may not know, any write: whether the value is the same now is not told (rule VIEW7).
 */
function edit(reversal: Reversal, record: NodeRecord, restored?: NodeRecord): Stamp | undefined {
  let last: Stamp | undefined
  for (const [property_id, stamp] of reversal.stamps.editors(record.id)) {
    if (!isForeign(stamp, reversal)) continue
    const isSame =
      restored !== undefined &&
      mayCompare(reversal, record.blueprint_type_id, property_id) &&
      sameJson(valueOf(record, property_id), valueOf(restored, property_id))
    if (isSame) continue
    last = later(last, stamp)
  }
  return last
}

/** What is below and did not come back then: it goes along if nobody else has to do with it. */
function obstacleBelow(reversal: Reversal, record: NodeRecord): Obstacle | undefined {
  const { stamps } = reversal
  const existence = stamps.existence(record.id)
  const arrival = stamps.arrival(record.id)
  const foreign = lastForeign(reversal.step.actor_id, [existence, arrival])
  if (foreign || !existence) return { reason: 'filled', stamp: foreign ?? arrival }
  const edited = edit(reversal, record)
  return edited && { reason: 'edited', stamp: edited }
}

function obstacleAt(
  reversal: Reversal,
  record: NodeRecord,
  change: NodeAdded | undefined,
): Obstacle | undefined {
  if (!change) return obstacleBelow(reversal, record)
  const edited = edit(reversal, record, change.node)
  if (edited) return { reason: 'edited', stamp: edited }
  const mover = reversal.stamps.mover(record.id)
  const moved = record.parent_id !== change.parent_id && isForeign(mover, reversal)
  return moved ? { reason: 'moved', stamp: mover } : undefined
}

/**
 * Removes again what a deletion had removed and its undo brought back, each subtree whole or not
 * at all, unless somebody else has edited, filled or moved it since (rules UNDO3, UNDO5).
 */
export function* revertRestoration(
  reversal: Reversal,
  change: NodeAdded,
  restored: Restored,
): Steps<Verdict> {
  const { step, stamps, draft, force } = reversal
  const graph = draft.view()
  const node_id = change.node.id
  const record = graph.record(node_id)
  if (!record) {
    // Reported once for a subtree; and what this very plan has taken along is not missing.
    const above = change.parent_id !== null && restored.has(change.parent_id)
    if (above || stands(stamps, step.latest, markOf(change))) return applied([])
    return skipped({ node_id }, { reason: 'gone', stamp: stamps.existence(node_id) })
  }
  // It goes with the top of its subtree, which comes last.
  if (record.parent_id !== null && restored.has(record.parent_id)) return applied([])
  if (!force) {
    let looked = 0
    for (const below of graph.preorder(node_id)) {
      if (++looked % NODES_PER_STEP === 0) yield
      const found = obstacleAt(reversal, below, restored.get(below.id))
      if (found) return skipped({ node_id }, found)
    }
  }
  return applied(yield* removalsInSteps(graph, node_id))
}
