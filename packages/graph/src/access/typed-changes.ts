import type { Change } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'

/**
 * The changes of an entry with the type of each node whose property they set, so that every later
 * view can tell by the entry alone what it is about. `graph` is what they were planned on.
 */
export function withTypes(graph: ProjectGraph, changes: readonly Change[]): Change[] {
  const added = new Map<string, string>()
  return changes.map((change) => withType(graph, added, change))
}

/** The same in steps. */
export function* withTypesInSteps(
  graph: ProjectGraph,
  changes: readonly Change[],
): Steps<Change[]> {
  const added = new Map<string, string>()
  const typed: Change[] = []
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    typed.push(withType(graph, added, change))
  }
  return typed
}

/** `added`: the types of nodes that the changes before have added. */
function withType(graph: ProjectGraph, added: Map<string, string>, change: Change): Change {
  if (change.type === 'node-added') added.set(change.node.id, change.node.blueprint_type_id)
  if (change.type !== 'property-set') return change
  const { node_id } = change
  const type_id = added.get(node_id) ?? graph.record(node_id)?.blueprint_type_id
  return type_id === undefined ? change : { ...change, blueprint_type_id: type_id }
}
