import type { Blueprint } from '@talus/graph'
import type { NodePieces } from './project-file.js'

/** Ids of nodes whose type the template no longer has, as JSON; an undefined is work without one. */
function* orphanedNodes(nodes: NodePieces, blueprint: Blueprint): Generator<string | undefined> {
  for (const node of nodes) {
    const isOrphan = node && !blueprint.typeOf(node.blueprint_type_id)
    yield isOrphan ? JSON.stringify(node.id) : undefined
  }
}

/** Properties that the template no longer declares, as JSON. */
function* orphanedProperties(
  nodes: NodePieces,
  blueprint: Blueprint,
): Generator<string | undefined> {
  for (const node of nodes) {
    yield undefined
    const type = node && blueprint.typeOf(node.blueprint_type_id)
    if (!type) continue
    for (const property_id of Object.keys(node.properties)) {
      // Every node has a name, whether or not its type declares it.
      if (property_id === 'name' || type.property(property_id)) continue
      yield JSON.stringify({ node_id: node.id, property_id })
    }
  }
}

function* listed(items: Iterable<string | undefined>): Generator<string | undefined> {
  yield '['
  let comma = ''
  for (const item of items) {
    yield item && comma + item
    if (item) comma = ','
  }
  yield ']'
}

/**
 * Nodes whose type, and properties whose declaration, the template no longer has, as JSON in
 * pieces. `walk` gives the nodes, each time it is called.
 */
export function* orphansJson(
  walk: () => NodePieces,
  blueprint: Blueprint | null,
): Generator<string | undefined> {
  if (!blueprint) return yield '{"nodes":[],"properties":[]}'
  yield '{"nodes":'
  yield* listed(orphanedNodes(walk(), blueprint))
  yield ',"properties":'
  yield* listed(orphanedProperties(walk(), blueprint))
  yield '}'
}
