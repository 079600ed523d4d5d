import { ok, type CommandData, type Result } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { roomBelow } from './limits.js'
import { indexFor, moveTo } from './placement.js'
import type { PlanContext, Planned } from './planned.js'
import { nodeNotFound, parentNotFound, refuse } from './refusals.js'

/** Plans to take a child from its parent; it becomes the last root. */
export function planUnlinkNode(
  graph: ProjectGraph,
  { parent_id, child_id }: CommandData<'UnlinkNode'>,
  { permissions, limits }: PlanContext,
): Result<Planned> {
  if (!graph.has(parent_id)) return parentNotFound(parent_id)
  const child = graph.record(child_id)
  if (!child) return nodeNotFound('/data/child_id', child_id)
  const may = permissions?.toChange(child.blueprint_type_id, '/data/child_id')
  if (may?.ok === false) return may
  if (child.parent_id !== parent_id) {
    return refuse('NOT_LINKED', {
      message: `'${parent_id}' is not the parent of '${child_id}'`,
      path: '/data/parent_id',
      expected: child.parent_id === null ? 'a linked child' : `the parent '${child.parent_id}'`,
      actual: parent_id,
    })
  }
  const place = { parent_id: null, moving: child_id, path: '/data/child_id' }
  const room = roomBelow(graph, place, limits)
  if (!room.ok) return room
  const index = indexFor(graph, null, {})
  return ok({ changes: moveTo(graph, child, { parent_id: null, index }), result: null })
}
