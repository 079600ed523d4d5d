import { ok, type CommandData, type Result } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { roomBelow } from './limits.js'
import { indexFor, mayMoveBelow, moveTo, typeNotAllowed } from './placement.js'
import type { PlanContext, Planned } from './planned.js'
import { nodeNotFound, parentNotFound, wouldCycle } from './refusals.js'

/** Plans a move to another parent or among the siblings (rules TREE1, MOVE1, ORD1). */
export function planMoveNode(
  graph: ProjectGraph,
  { node_id, parent_id, position }: CommandData<'MoveNode'>,
  context: PlanContext,
): Result<Planned> {
  const moving = graph.record(node_id)
  if (!moving) return nodeNotFound('/data/node_id', node_id)
  const may = context.permissions?.toChange(moving.blueprint_type_id, '/data/node_id')
  if (may?.ok === false) return may
  const parent = parent_id === null ? undefined : graph.record(parent_id)
  if (parent_id !== null && !parent) return parentNotFound(parent_id)
  if (parent_id !== null && graph.isWithin(parent_id, node_id)) {
    return wouldCycle('/data/parent_id', parent_id)
  }
  if (parent && !mayMoveBelow(parent, moving, context.blueprint)) {
    const { blueprint_type_id } = moving
    return typeNotAllowed(parent, { blueprint_type_id, path: '/data/parent_id' }, context)
  }
  if (parent_id !== moving.parent_id) {
    const place = { parent_id, moving: node_id, path: '/data/parent_id' }
    const room = roomBelow(graph, place, context.limits)
    if (!room.ok) return room
  }
  const index = indexFor(graph, parent_id, { position, moving })
  return ok({ changes: moveTo(graph, moving, { parent_id, index }), result: null })
}
