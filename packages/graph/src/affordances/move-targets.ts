import { MAX_MOVE_TARGETS, type Affordances } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { Capture } from '../capture.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { NodeRecord } from '../node-record.js'
import { mayMoveBelow } from '../plan/placement.js'

/** The nodes that a node may be moved to: not below itself, and where its type may stand. */
export function* moveTargets(
  capture: Capture,
  moving: NodeRecord,
  blueprint: Blueprint | null,
): Steps<Affordances['move_targets']> {
  const node_ids: string[] = []
  let looked = 0
  for (const candidate of capture.preorder({ without: moving.id })) {
    looked += 1
    if (looked % NODES_PER_STEP === 0) yield
    if (!mayMoveBelow(candidate, moving, blueprint)) continue
    if (node_ids.length === MAX_MOVE_TARGETS) return { node_ids, truncated: true }
    node_ids.push(candidate.id)
  }
  return { node_ids, truncated: false }
}
