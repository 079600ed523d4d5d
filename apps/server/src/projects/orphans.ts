import type { Blueprint } from '@talus/graph'
import type { Node, Orphans } from '@talus/protocol'

/** Nodes whose type, and properties whose declaration, the template no longer has. */
export function orphansOf(nodes: readonly Node[], blueprint: Blueprint | null): Orphans {
  const orphans: Orphans = { nodes: [], properties: [] }
  if (!blueprint) return orphans
  for (const { id, blueprint_type_id, properties } of nodes) {
    const type = blueprint.typeOf(blueprint_type_id)
    if (!type) {
      orphans.nodes.push(id)
      continue
    }
    for (const property_id of Object.keys(properties)) {
      // Every node has a name, whether or not its type declares it.
      if (property_id === 'name' || type.property(property_id)) continue
      orphans.properties.push({ node_id: id, property_id })
    }
  }
  return orphans
}
