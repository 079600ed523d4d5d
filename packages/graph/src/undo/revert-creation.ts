import type { NodeAdded } from '@talus/protocol'
import { removalsInSteps } from '../plan/delete-node.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { Reversal } from './reversal.js'
import { keyOf, lastForeign, later, markOf, type Stamp } from './stamps.js'
import { stands } from './step.js'
import { applied, skipped, type Obstacle, type Verdict } from './verdict.js'

/** The last stamp of somebody else who wrote a property of the node, or renamed it. */
function editor({ stamps, step }: Reversal, node_id: string): Stamp | undefined {
  return lastForeign(step.actor_id, stamps.properties(node_id)?.values() ?? [])
}

/** A node below the created one may go along if it is the owner's own and came later. */
function obstacleBelow(reversal: Reversal, node_id: string): Obstacle | undefined {
  const { stamps, step } = reversal
  const created = stamps.existence(node_id)
  const placed = stamps.place(node_id)
  const foreign = lastForeign(step.actor_id, [created, placed])
  if (foreign || !created || created.seq < step.seq) {
    return { reason: 'filled', stamp: foreign ?? later(created, placed) }
  }
  const stamp = editor(reversal, node_id)
  return stamp && { reason: 'edited', stamp }
}

/** What others did with a created node that removing it would destroy. */
function* obstacleAt(reversal: Reversal, node_id: string): Steps<Obstacle | undefined> {
  const { step, stamps, draft } = reversal
  const edited = editor(reversal, node_id)
  if (edited) return { reason: 'edited', stamp: edited }
  let looked = 0
  for (const { id } of draft.view().preorder(node_id)) {
    if (++looked % NODES_PER_STEP === 0) yield
    const found = id === node_id ? undefined : obstacleBelow(reversal, id)
    if (found) return found
  }
  const placed = stamps.place(node_id)
  const moved = placed && placed.actor_id !== step.actor_id
  return moved ? { reason: 'moved', stamp: placed } : undefined
}

/**
 * Removes a node that a step created, with the owner's own later additions below it, unless
 * somebody else has edited, filled or moved it (rule UNDO3).
 */
export function* revertCreation(reversal: Reversal, change: NodeAdded): Steps<Verdict> {
  const { step, stamps, draft, force } = reversal
  const node_id = change.node.id
  const mark = markOf(change)
  const wrote = step.latest.transitions.get(keyOf(mark))?.after
  // A redo also brings back what had gone along; that is no creation of this step.
  if (wrote?.seq !== step.seq) return applied([])
  const stamp = stamps.get(mark)
  const untouched = stands(stamps, step.latest, mark)
  const graph = draft.view()
  if (!graph.has(node_id)) {
    // Gone within this very plan: it went along with a node above it.
    return untouched ? applied([]) : skipped({ node_id }, { reason: 'gone', stamp })
  }
  if (!force && !untouched) return skipped({ node_id }, { reason: 'superseded', stamp })
  const found = force ? undefined : yield* obstacleAt(reversal, node_id)
  return found ? skipped({ node_id }, found) : applied(yield* removalsInSteps(graph, node_id))
}
