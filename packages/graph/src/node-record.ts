import type { JsonObject, JsonValue, Node, NodeOrigin } from '@talus/protocol'

export type Properties = Readonly<Record<string, JsonValue>>

/**
 * One node without its children, which are kept apart in order. Never written to: a change puts
 * another record in its place, so the same object means the same content.
 */
export type NodeRecord = {
  readonly id: string
  readonly blueprint_type_id: string
  /** The name; `properties` never holds the key `name`. */
  readonly name: string
  readonly parent_id: string | null
  readonly properties: Properties
  readonly created_at: string
  readonly metadata?: JsonValue
  readonly extra?: JsonObject
  readonly origin?: NodeOrigin
}

/** A property that the object itself has; `toString` and its like are not properties. */
export function ownValue(properties: Properties, key: string): JsonValue | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined
}

function without(properties: Properties, key: string): Properties {
  const { [key]: _, ...rest } = properties
  return rest
}

/** The record of a node as it is on the wire. Shares the node's values. */
export function recordOf(node: Node): NodeRecord {
  const named = Object.hasOwn(node.properties, 'name')
  return {
    id: node.id,
    blueprint_type_id: node.blueprint_type_id,
    name: node.name,
    parent_id: node.parent_id,
    properties: named ? without(node.properties, 'name') : node.properties,
    created_at: node.created_at,
    ...(node.metadata !== undefined && { metadata: node.metadata }),
    ...(node.extra !== undefined && { extra: node.extra }),
    ...(node.origin !== undefined && { origin: node.origin }),
  }
}

/** Properties as an imported file had them: with its `name` property, which follows the name. */
function wireProperties({ name, properties, origin }: NodeRecord): Properties {
  if (origin?.name_property === undefined) return properties
  return { ...properties, name: name === origin.name ? origin.name_property : name }
}

/** The node as it is on the wire. Shares the record's values: do not write to them. */
export function nodeOf(record: NodeRecord, children: string[]): Node {
  return { ...record, children, properties: wireProperties(record) }
}

/** The value that `property_id` has, the name included; undefined when there is none. */
export function valueOf(record: NodeRecord, property_id: string): JsonValue | undefined {
  return property_id === 'name' ? record.name : ownValue(record.properties, property_id)
}

/** A record with one property set, or removed when `value` is undefined. */
export function withValue(
  record: NodeRecord,
  property_id: string,
  value: JsonValue | undefined,
): NodeRecord {
  if (property_id === 'name') {
    if (typeof value !== 'string') throw new Error(`the name of '${record.id}' has to be a string`)
    return { ...record, name: value }
  }
  const properties =
    value === undefined
      ? without(record.properties, property_id)
      : { ...record.properties, [property_id]: value }
  return { ...record, properties }
}
