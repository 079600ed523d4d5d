import { fail, type NodeAdded, type NodeRemoved } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import type { Reversal } from './reversal.js'
import { applied, skipped, type Verdict } from './verdict.js'

function added({ node }: NodeRemoved, parent_id: string | null, index: number): NodeAdded {
  const restored = node.parent_id === parent_id ? node : { ...node, parent_id }
  return { type: 'node-added', node: restored, parent_id, index }
}

function parentGone(graph: ProjectGraph, parent_id: string): Verdict {
  const failure = fail('UNDO_CONFLICT', 'The parent of what would be restored is gone', [
    {
      path: '/parent_id',
      expected: 'a living parent',
      actual: parent_id,
      hint: graph.nearestLivingAncestor(parent_id) ?? 'none',
    },
  ])
  return { is: 'conflict', failure: failure.error }
}

/**
 * Brings back a node that was removed. Without its parent there is no place for it, and the step
 * has to wait (rule UNDO4); forced, it goes below the nearest ancestor that is there.
 */
export function revertRemoval(reversal: Reversal, change: NodeRemoved): Verdict {
  const { stamps, draft, force, returning, places } = reversal
  const { node, parent_id, index } = change
  // What was added since the last look are other nodes that return.
  if (draft.lastView().has(node.id)) {
    const stamp = stamps.existence(node.id)
    return skipped({ node_id: node.id }, { reason: 'superseded', stamp })
  }
  if (parent_id !== null && returning.has(parent_id)) {
    // Its parent was gone until now: nobody can have touched its children.
    returning.add(node.id)
    return applied([added(change, parent_id, index)])
  }
  const graph = draft.view()
  if (parent_id === null || graph.has(parent_id)) {
    returning.add(node.id)
    return applied([added(change, parent_id, places.indexFor(graph, change))])
  }
  if (!force) return parentGone(graph, parent_id)
  const ancestor = graph.nearestLivingAncestor(parent_id)
  returning.add(node.id)
  return applied([added(change, ancestor, graph.childCount(ancestor))])
}
