import { ok, type CommandData, type Node, type Result } from '@talus/protocol'
import type { NodeType } from '../blueprint/node-type.js'
import type { ProjectGraph } from '../project-graph.js'
import { initialContent } from './initial-properties.js'
import { fittingContent, roomBelow, roomForNode } from './limits.js'
import { allowedBelow, indexFor } from './placement.js'
import type { PlanContext, Planned } from './planned.js'
import { parentNotFound, refuse, unknownNodeType } from './refusals.js'

function typeNamed(type_id: string, { blueprint }: PlanContext): Result<NodeType | null> {
  if (!blueprint) return ok(null)
  const type = blueprint.typeOf(type_id)
  if (type) return ok(type)
  return unknownNodeType('/data/blueprint_type_id', type_id, blueprint.types)
}

function unusedId(graph: ProjectGraph, id: string): Result<string> {
  if (!graph.isTaken(id)) return ok(id)
  return refuse('NODE_EXISTS', {
    message: `The node id '${id}' is taken`,
    path: '/data/node_id',
    expected: 'an id that no node of the session has or had, in any case',
    actual: id,
  })
}

/** Plans a new node with the content that its blueprint asks for (rules ID1, TREE2, TREE3). */
export function planCreateNode(
  graph: ProjectGraph,
  data: CommandData<'CreateNode'>,
  context: PlanContext,
): Result<Planned> {
  const { blueprint_type_id, parent_id = null, position } = data
  const type = typeNamed(blueprint_type_id, context)
  if (!type.ok) return type
  const may = context.permissions?.toCreate(blueprint_type_id, '/data/blueprint_type_id')
  if (may?.ok === false) return may
  const parent = parent_id === null ? undefined : graph.record(parent_id)
  if (parent_id !== null && !parent) return parentNotFound(parent_id)
  const child = { blueprint_type_id, path: '/data/blueprint_type_id' }
  const allowed = allowedBelow(parent, child, context)
  if (!allowed.ok) return allowed
  const room = roomForNode(graph, context.limits)
  if (!room.ok) return room
  const place = roomBelow(graph, { parent_id, path: '/data/parent_id' }, context.limits)
  if (!place.ok) return place
  const id = unusedId(graph, data.node_id ?? context.newId())
  if (!id.ok) return id
  const content = initialContent(data, type.value, context)
  if (!content.ok) return content
  const fits = fittingContent(content.value, '/data', context.limits)
  if (!fits.ok) return fits
  const node: Node = {
    id: id.value,
    blueprint_type_id,
    name: content.value.name,
    parent_id,
    children: [],
    properties: content.value.properties,
    created_at: context.now(),
  }
  const index = indexFor(graph, parent_id, { position })
  return ok({
    changes: [{ type: 'node-added', node, parent_id, index }],
    result: { node_id: node.id },
  })
}
