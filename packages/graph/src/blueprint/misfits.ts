import type { JsonValue } from '@talus/protocol'
import type { Blueprint } from './blueprint.js'
import type { NodeType } from './node-type.js'
import { expectedInstead } from './property-value.js'

/** What is looked at of a node. */
export type Fitted = {
  readonly id: string
  readonly blueprint_type_id: string
  readonly parent_id: string | null
  readonly properties: Readonly<Record<string, JsonValue>>
}

/** Something that a template does not allow, in a graph that has it. */
export type Misfit = {
  /** The node that it is about. */
  node_id: string
  /** The property of it, where it is about one. */
  property_id?: string
  /** What is not allowed, in words. */
  reason: string
}

function* propertyMisfits({ id, properties }: Fitted, type: NodeType): Generator<Misfit> {
  for (const [property_id, value] of Object.entries(properties)) {
    const property = type.property(property_id)
    // Every node has a name, whether or not its type declares it.
    if (!property && property_id === 'name') continue
    const expected = property && expectedInstead(property, value)
    if (!property) {
      yield { node_id: id, property_id, reason: `'${type.id}' has no property '${property_id}'` }
    } else if (expected !== undefined) {
      const reason = `'${property.id}' is not accepted: expected ${expected}`
      yield { node_id: id, property_id, reason }
    }
  }
}

/**
 * What of a graph a template would not allow if it were made anew: nodes of a type that there is
 * not, or below one that does not take it, and properties that are not declared or not accepted.
 * Nodes that are there stay all the same, read-only where their type is gone (rule TREE5).
 */
export function* misfits(
  nodes: readonly Fitted[],
  blueprint: Pick<Blueprint, 'typeOf' | 'allowsChild'>,
): Generator<Misfit> {
  const typeIds = new Map(nodes.map(({ id, blueprint_type_id }) => [id, blueprint_type_id]))
  for (const node of nodes) {
    const { id: node_id, blueprint_type_id, parent_id } = node
    const type = blueprint.typeOf(blueprint_type_id)
    if (!type) {
      yield { node_id, reason: `there is no type '${blueprint_type_id}'` }
      continue
    }
    const above = parent_id === null ? undefined : typeIds.get(parent_id)
    const parent = above === undefined ? undefined : blueprint.typeOf(above)
    // Below a parent whose type is gone, the parent is what does not fit.
    if (parent && !blueprint.allowsChild(parent.id, type.id)) {
      yield { node_id, reason: `'${type.id}' is not allowed below '${parent.id}'` }
    }
    yield* propertyMisfits(node, type)
  }
}
