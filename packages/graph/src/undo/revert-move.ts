import type { NodeMoved } from '@talus/protocol'
import type { Reversal } from './reversal.js'
import { markOf } from './stamps.js'
import { stands } from './step.js'
import { applied, skipped, type Verdict } from './verdict.js'

/** Moves a node back, to the same index when its former siblings are the same. */
export function revertMove(reversal: Reversal, change: NodeMoved): Verdict {
  const { step, stamps, draft, force } = reversal
  const { node_id } = change
  const { parent_id } = change.from
  const graph = draft.view()
  const record = graph.record(node_id)
  if (!record) return skipped(change, { reason: 'gone', stamp: stamps.existence(node_id) })
  const mark = markOf(change)
  if (!force && !stands(stamps, step.latest, mark)) {
    return skipped({ node_id }, { reason: 'moved', stamp: stamps.get(mark) })
  }
  if (parent_id !== null && !graph.has(parent_id)) {
    return skipped({ node_id }, { reason: 'parent-gone', stamp: stamps.existence(parent_id) })
  }
  if (parent_id !== null && graph.isWithin(parent_id, node_id)) {
    return skipped({ node_id }, { reason: 'cycle', stamp: stamps.place(parent_id) })
  }
  const from = { parent_id: record.parent_id, index: graph.indexOf(node_id) }
  const inside = from.parent_id === parent_id
  const last = graph.childCount(parent_id) - (inside ? 1 : 0)
  const to = { parent_id, index: Math.min(change.from.index, last) }
  if (inside && from.index === to.index) return applied([])
  return applied([{ type: 'node-moved', node_id, from, to }])
}
