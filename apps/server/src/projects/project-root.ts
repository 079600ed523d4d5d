import { plan, ProjectGraph, type Blueprint } from '@talus/graph'
import { fail, ok, type Node, type Result } from '@talus/protocol'

/**
 * The nodes that a new project begins with: its root, named like the project, with the defaults of
 * the blueprint. What the blueprint requires beyond that is still to be filled in by people.
 */
export function rootOf(
  blueprint: Blueprint,
  name: string,
  context: { newId: () => string; now: () => string },
): Result<Node[]> {
  const type = blueprint.rootType()
  if (!type) {
    const { template_id } = blueprint
    return fail('INVALID_TEMPLATE', `Template '${template_id}' has no node type for a root`, [
      { path: '/node_types', expected: 'at least one node type' },
    ])
  }
  const graph = ProjectGraph.empty()
  const data = { blueprint_type_id: type.id, name }
  const command = { command_type: 'CreateNode', data } as const
  const planned = plan(graph, command, { ...context, blueprint, lenient: true })
  if (!planned.ok) return planned
  graph.apply(planned.value.changes)
  return ok(graph.nodes())
}
