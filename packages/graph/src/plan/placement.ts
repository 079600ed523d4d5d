import { ok, type NodeMoved, type Position, type Result } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { NodeType } from '../blueprint/node-type.js'
import type { NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import type { PlanContext } from './planned.js'
import { refuse } from './refusals.js'

/**
 * The index that a position means, counted without `moving`, a node that may be in the list
 * already. An anchor that is gone, or elsewhere, falls back to the end (rule ORD1).
 */
export function indexFor(
  graph: ProjectGraph,
  parent_id: string | null,
  { position, moving }: { position?: Position | undefined; moving?: NodeRecord },
): number {
  const inside = moving?.parent_id === parent_id
  const length = graph.childCount(parent_id) - (inside ? 1 : 0)
  if (!position) return length
  if ('at' in position) return position.at === 'start' ? 0 : length
  if ('index' in position) return Math.min(position.index, length)
  const after = 'after' in position
  const anchor = after ? position.after : position.before
  if (graph.record(anchor)?.parent_id !== parent_id) return length
  const at = graph.indexOf(anchor)
  // Beside itself is where it is.
  if (anchor === moving?.id) return at
  const passed = moving && inside && graph.indexOf(moving.id) < at ? 1 : 0
  return at - passed + (after ? 1 : 0)
}

/** Where a node stands, as a change that takes it from there says it (rule ORD3). */
export function placeOf(graph: ProjectGraph, { id, parent_id }: NodeRecord): NodeMoved['from'] {
  const index = graph.indexOf(id)
  const after = index > 0 ? graph.siblingBefore(id) : undefined
  if (after !== undefined) return { parent_id, index, after }
  return graph.childCount(parent_id) > 1 ? { parent_id, index } : { parent_id, index, only: true }
}

/** The one change that a move is (rule MOVE1); none when the node stands there already. */
export function moveTo(graph: ProjectGraph, record: NodeRecord, to: NodeMoved['to']): NodeMoved[] {
  const from = placeOf(graph, record)
  if (from.parent_id === to.parent_id && from.index === to.index) return []
  return [{ type: 'node-moved', node_id: record.id, from, to }]
}

function allowedNames(types: readonly NodeType[]): string {
  return types.length === 0 ? 'no child there' : `one of ${types.map((type) => type.id).join(', ')}`
}

/** Whether the blueprint lets a type stand below a parent (rule TREE2). */
export function mayStandBelow(
  parent: NodeRecord,
  blueprint_type_id: string,
  blueprint: Blueprint | null,
): boolean {
  return !blueprint || blueprint.allowsChild(parent.blueprint_type_id, blueprint_type_id)
}

/** Whether a node may go to a parent: inside its own one it may always stay (rule TREE5). */
export function mayMoveBelow(
  parent: NodeRecord,
  { parent_id, blueprint_type_id }: NodeRecord,
  blueprint: Blueprint | null,
): boolean {
  return parent.id === parent_id || mayStandBelow(parent, blueprint_type_id, blueprint)
}

type Child = { blueprint_type_id: string; path: string }

export function typeNotAllowed(parent: NodeRecord, child: Child, { blueprint }: PlanContext) {
  const nameOf = (type_id: string) => blueprint?.typeOf(type_id)?.id ?? type_id
  const allowed = blueprint?.allowedChildren(parent.blueprint_type_id) ?? []
  const childType = nameOf(child.blueprint_type_id)
  return refuse('TYPE_NOT_ALLOWED', {
    message: `'${childType}' is not allowed below '${nameOf(parent.blueprint_type_id)}'`,
    path: child.path,
    expected: allowedNames(allowed),
    actual: childType,
  })
}

/** Refuses a child that must not stand below a parent. Anything may be a root. */
export function allowedBelow(
  parent: NodeRecord | undefined,
  child: Child,
  context: PlanContext,
): Result<null> {
  if (!parent || mayStandBelow(parent, child.blueprint_type_id, context.blueprint)) return ok(null)
  return typeNotAllowed(parent, child, context)
}
