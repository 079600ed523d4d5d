import type { NodeMoved } from '@talus/protocol'
import { moveTo, placeOf } from '../plan/placement.js'
import type { Reversal } from './reversal.js'
import { later, markOf, type Stamp } from './stamps.js'
import { stands } from './step.js'
import { applied, skipped, type Verdict } from './verdict.js'

/** The last entry that moved the former parent, or one of those above it, below the node. */
function placedBetween(
  { stamps, draft }: Reversal,
  { parent_id, node_id }: { parent_id: string; node_id: string },
): Stamp | undefined {
  const graph = draft.view()
  let last: Stamp | undefined
  for (let at: string | null = parent_id; at !== null && at !== node_id;) {
    last = later(last, stamps.place(at))
    at = graph.record(at)?.parent_id ?? null
  }
  return last
}

/** Moves a node back to its place among its former siblings (rule ORD2). */
export function revertMove(reversal: Reversal, change: NodeMoved): Verdict {
  const { step, stamps, draft, force, places } = reversal
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
    const stamp = placedBetween(reversal, { parent_id, node_id })
    return skipped({ node_id }, { reason: 'cycle', stamp })
  }
  places.leave(node_id, placeOf(graph, record))
  const index = places.indexFor(graph, change, record)
  return applied(moveTo(graph, record, { parent_id, index }))
}
