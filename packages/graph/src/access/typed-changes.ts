import type { Change } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'

/**
 * The changes of an entry with the type of each node whose property they set, so that every later
 * view can tell by the entry alone what it is about. `graph` is what they were planned on.
 */
export function withTypes(graph: ProjectGraph, changes: readonly Change[]): Change[] {
  const added = new Map<string, string>()
  return changes.map((change) => {
    if (change.type === 'node-added') added.set(change.node.id, change.node.blueprint_type_id)
    if (change.type !== 'property-set') return change
    const { node_id } = change
    const type_id = added.get(node_id) ?? graph.record(node_id)?.blueprint_type_id
    return type_id === undefined ? change : { ...change, blueprint_type_id: type_id }
  })
}
