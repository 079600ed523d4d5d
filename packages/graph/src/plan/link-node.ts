import { ok, type CommandData, type Result } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { roomBelow } from './limits.js'
import { allowedBelow, indexFor, moveTo } from './placement.js'
import type { PlanContext, Planned } from './planned.js'
import { nodeNotFound, parentNotFound, refuse, wouldCycle } from './refusals.js'

/** Plans to put a root below a parent; a node that has a parent is refused (rule TREE1). */
export function planLinkNode(
  graph: ProjectGraph,
  { parent_id, child_id, position }: CommandData<'LinkNode'>,
  context: PlanContext,
): Result<Planned> {
  const parent = graph.record(parent_id)
  if (!parent) return parentNotFound(parent_id)
  const child = graph.record(child_id)
  if (!child) return nodeNotFound('/data/child_id', child_id)
  const may = context.permissions?.toChange(child.blueprint_type_id, '/data/child_id')
  if (may?.ok === false) return may
  if (child.parent_id !== null) {
    return refuse('ALREADY_LINKED', {
      message: `The node already has the parent '${child.parent_id}'`,
      path: '/data/child_id',
      expected: 'a node without parent',
      actual: child_id,
      hint: 'MoveNode changes the parent',
    })
  }
  if (graph.isWithin(parent_id, child_id)) return wouldCycle('/data/parent_id', parent_id)
  const { blueprint_type_id } = child
  const allowed = allowedBelow(parent, { blueprint_type_id, path: '/data/child_id' }, context)
  if (!allowed.ok) return allowed
  const place = { parent_id, moving: child_id, path: '/data/parent_id' }
  const room = roomBelow(graph, place, context.limits)
  if (!room.ok) return room
  const index = indexFor(graph, parent_id, { position })
  return ok({ changes: moveTo(graph, child, { parent_id, index }), result: null })
}
