import {
  check,
  Timestamp,
  type DocumentNode,
  type JsonObject,
  type JsonValue,
  type Node,
  type NodeOrigin,
} from '@talus/protocol'
import type { Placed } from './document-tree.js'

type Properties = Node['properties']

function own(properties: Properties, key: string): JsonValue | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined
}

function asText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? value : undefined
}

/** The name, wherever the file wrote it: own key, `name` property, its uuid. */
function nameOf({ name, properties = {} }: DocumentNode, nameKey: string | undefined): string {
  const byUuid = nameKey === undefined ? undefined : own(properties, nameKey)
  return name ?? asText(own(properties, 'name')) ?? asText(byUuid) ?? ''
}

function originOf(node: DocumentNode, name: string, dated: boolean): NodeOrigin {
  const name_property = own(node.properties ?? {}, 'name')
  return {
    name,
    named: node.name !== undefined,
    ...(name_property !== undefined && { name_property }),
    ...(dated && { dated }),
  }
}

/**
 * A node of a file as the graph has it on the wire: `properties.name` shows what the file wrote
 * there, and the origin remembers it. A date that the contract does not know stays as it is among
 * the keys that are only kept.
 */
export function importNode(
  { node, parent_id }: Placed<DocumentNode>,
  { nameKey, now }: { nameKey: string | undefined; now: string },
): Node {
  const { id, type, name: _, properties = {}, children = [], metadata, created_at, ...rest } = node
  const dated = created_at !== undefined && check(Timestamp, created_at).ok
  const undatable = created_at !== undefined && !dated
  const extra: JsonObject = undatable ? { ...rest, created_at } : rest
  const name = nameOf(node, nameKey)
  return {
    id,
    blueprint_type_id: type,
    name,
    parent_id,
    children,
    properties,
    created_at: dated ? created_at : now,
    ...(metadata !== undefined && { metadata }),
    ...(Object.keys(extra).length > 0 && { extra }),
    origin: originOf(node, name, dated),
  }
}

/** Which keys of a node a file leaves out. */
export type Form = { nameKey: string | undefined; childless: boolean; bare: boolean }

/**
 * Whether a file needs the key `name`. One that wrote the name in a property shows it there; that
 * of a uuid follows the name only as long as the server has the template.
 */
function needsName({ name, properties, origin }: Node, nameKey: string | undefined): boolean {
  if (!origin || origin.named) return true
  if (name === origin.name || origin.name_property !== undefined) return false
  return nameKey === undefined || own(properties, nameKey) !== name
}

function isEmpty(properties: Properties): boolean {
  return Object.keys(properties).length === 0
}

/** A node of the graph, in its wire shape, as a file writes it. */
export function exportNode(node: Node, { nameKey, childless, bare }: Form): DocumentNode {
  const { id, blueprint_type_id: type, name, properties, children, metadata, origin } = node
  const dated = !origin || origin.dated === true
  return {
    id,
    ...(needsName(node, nameKey) && { name }),
    type,
    ...(!(bare && isEmpty(properties)) && { properties }),
    ...(!(childless && children.length === 0) && { children }),
    ...(metadata !== undefined && { metadata }),
    ...(dated && { created_at: node.created_at }),
    ...node.extra,
  }
}
