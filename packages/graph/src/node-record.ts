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

function withKey(properties: Properties, key: string, value: JsonValue): Properties {
  const copy: Record<string, JsonValue> = { ...properties }
  // V8 gives a literal that copies first and then adds a key a hidden class of its own each time.
  copy[key] = value
  return copy
}

type Imported = Pick<NodeRecord, 'metadata' | 'extra' | 'origin'>

/** What only imported nodes have. Most have none of it, and many nodes are made at once. */
function importedPart({ metadata, extra, origin }: Imported): Imported | undefined {
  if (metadata === undefined && extra === undefined && origin === undefined) return undefined
  return {
    ...(metadata !== undefined && { metadata }),
    ...(extra !== undefined && { extra }),
    ...(origin !== undefined && { origin }),
  }
}

/** The record of a node as it is on the wire. Shares the node's values. */
export function recordOf(node: Node): NodeRecord {
  const { id, blueprint_type_id, name, parent_id, created_at } = node
  const named = Object.hasOwn(node.properties, 'name')
  const properties = named ? without(node.properties, 'name') : node.properties
  const record = { id, blueprint_type_id, name, parent_id, properties, created_at }
  const imported = importedPart(node)
  return imported ? { ...record, ...imported } : record
}

/** Properties as an imported file had them: with its `name` property, which follows the name. */
function wireProperties({ name, properties, origin }: NodeRecord): Properties {
  if (origin?.name_property === undefined) return properties
  return { ...properties, name: name === origin.name ? origin.name_property : name }
}

/** The node as it is on the wire. Shares the record's values: do not write to them. */
export function nodeOf(record: NodeRecord, children: string[]): Node {
  const { id, blueprint_type_id, name, parent_id, created_at } = record
  const properties = wireProperties(record)
  const node = { id, blueprint_type_id, name, parent_id, children, properties, created_at }
  const imported = importedPart(record)
  return imported ? { ...node, ...imported } : node
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
      : withKey(record.properties, property_id, value)
  return { ...record, properties }
}
