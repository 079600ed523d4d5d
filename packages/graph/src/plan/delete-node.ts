import { ok, type CommandData, type NodeRemoved, type Result } from '@talus/protocol'
import { nodeOf } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import { finish, NODES_PER_STEP, type Steps } from '../steps.js'
import { placeOf } from './placement.js'
import type { PlanContext, Planned } from './planned.js'
import { nodeNotFound } from './refusals.js'

/**
 * One change for each node of a subtree, from the last leaf to the top: inverted in reverse order
 * they restore parents before children and every index exactly (rule DEL1).
 */
export function removalsOf(graph: ProjectGraph, top: string): NodeRemoved[] {
  return finish(removalsInSteps(graph, top))
}

/** The same in steps. */
export function* removalsInSteps(graph: ProjectGraph, top: string): Steps<NodeRemoved[]> {
  const seen = new Map<string | null, number>()
  const removals: NodeRemoved[] = []
  for (const record of graph.preorder(top)) {
    if (removals.length % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const { id, parent_id } = record
    // Siblings come in order, so counting them gives the index without looking for it.
    const index = id === top ? graph.indexOf(top) : (seen.get(parent_id) ?? 0)
    seen.set(parent_id, index + 1)
    removals.push({ type: 'node-removed', node: nodeOf(record, []), parent_id, index })
  }
  removals.reverse()
  const record = graph.record(top)
  if (record) Object.assign(removals.at(-1) ?? {}, placeOf(graph, record))
  return removals
}

/** Plans the removal of a node with everything below it (rules DEL1, ACC2). */
export function* planDeleteNode(
  graph: ProjectGraph,
  { node_id }: CommandData<'DeleteNode'>,
  { permissions }: PlanContext,
): Steps<Result<Planned>> {
  if (!graph.has(node_id)) return nodeNotFound('/data/node_id', node_id)
  const changes = yield* removalsInSteps(graph, node_id)
  const deleted_ids: string[] = []
  for (const [n, { node }] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const may = permissions?.toChange(node.blueprint_type_id, '/data/node_id')
    if (may?.ok === false) return may
    deleted_ids.push(node.id)
  }
  deleted_ids.reverse()
  return ok({ changes, result: { deleted_ids } })
}
