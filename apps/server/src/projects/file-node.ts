import {
  check,
  type ImportWarning,
  type JsonObject,
  type JsonValue,
  type Node,
  type NodeOrigin,
  Timestamp,
} from '@talus/protocol'

type Properties = Node['properties']

/** The keys under which files have the same thing; the first that is there counts. */
const TYPE_KEYS = ['type', 'blueprint_type_id', 'blueprintType'] as const
const CHILDREN_KEYS = ['children', 'child_ids', 'childIds'] as const
const PARENT_KEYS = ['parent_id', 'parentId'] as const

/** Where a file says where its nodes stand. */
export const STRUCTURE_KEYS: readonly string[] = [...CHILDREN_KEYS, ...PARENT_KEYS]

/** What is not only kept. */
const MEANT: ReadonlySet<string> = new Set(
  ['id', 'name', 'properties', 'metadata'].concat(TYPE_KEYS, STRUCTURE_KEYS),
)

/** The keys of a node that mean something, beside those that are only kept. */
export type NodeKeys = { type: string; children: string; parent: string }

function own(properties: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined
}

/** The key with something in it, else one that is there at all, else the first. */
function keyOf(node: JsonObject, keys: readonly [string, ...string[]]): string {
  const holds = (key: string) => {
    const value = own(node, key)
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
  }
  return keys.find(holds) ?? keys.find((key) => Object.hasOwn(node, key)) ?? keys[0]
}

/** Which keys a node of a file uses. */
export function keysOf(node: JsonObject): NodeKeys {
  return {
    type: keyOf(node, TYPE_KEYS),
    children: keyOf(node, CHILDREN_KEYS),
    parent: keyOf(node, PARENT_KEYS),
  }
}

/** A text, or what files write for one. */
export function asText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? value : undefined
}

function propertiesOf({ properties }: JsonObject): Properties {
  const isObject = typeof properties === 'object' && properties !== null
  return isObject && !Array.isArray(properties) ? properties : {}
}

/** The name, wherever the file wrote it: own key, `name` property, its uuid, a label. */
function nameOf(node: JsonObject, nameKey: string | undefined): string {
  const properties = propertiesOf(node)
  const byUuid = nameKey === undefined ? undefined : own(properties, nameKey)
  return (
    asText(node['name']) ??
    asText(own(properties, 'name')) ??
    asText(byUuid) ??
    asText(node['label']) ??
    ''
  )
}

function originOf(node: JsonObject, name: string, dated: boolean): NodeOrigin {
  const name_property = own(propertiesOf(node), 'name')
  return {
    name,
    named: asText(node['name']) !== undefined,
    ...(name_property !== undefined && { name_property }),
    ...(dated && { dated }),
  }
}

/** Where a node of a file stands, and by which id. */
export type Standing = { id: string; parent_id: string | null; children: readonly string[] }

/**
 * A node of a file as the graph has it on the wire: `properties.name` shows what the file wrote
 * there, and the origin remembers it. A date that the contract does not know stays as it is among
 * the keys that are only kept.
 */
export function importNode(
  node: JsonObject,
  { id, parent_id, children }: Standing,
  { nameKey, now }: { nameKey: string | undefined; now: string },
): Node {
  const { created_at, metadata } = node
  const dated = typeof created_at === 'string' && check(Timestamp, created_at).ok
  const isKept = (key: string) => !MEANT.has(key) && !(key === 'created_at' && dated)
  const extra = Object.fromEntries(Object.entries(node).filter(([key]) => isKept(key)))
  const name = nameOf(node, nameKey)
  return {
    id,
    blueprint_type_id: asText(node[keysOf(node).type]) ?? '',
    name,
    parent_id,
    children: [...children],
    properties: propertiesOf(node),
    created_at: dated ? created_at : now,
    ...(metadata !== undefined && { metadata }),
    ...(Object.keys(extra).length > 0 && { extra }),
    origin: originOf(node, name, dated),
  }
}

/** Which keys a node of a file has, and which properties, in their order. */
export type Layout = { keys: readonly string[]; properties: readonly string[] }

export function layoutOf(node: JsonObject): Layout {
  return { keys: Object.keys(node), properties: Object.keys(propertiesOf(node)) }
}

/** How a file writes a node. */
export type Form = {
  nameKey: string | undefined
  layout: Layout
  /** Its children say themselves where they are: it need not list them. */
  unlisted: boolean
  /** The id that the file has for an id of the graph. */
  fileId: (id: string) => string
}

/** Of a node that no file had. */
export const NEW_LAYOUT: Layout = {
  keys: ['id', 'name', 'type', 'properties', 'children'],
  properties: [],
}

/**
 * Whether a file needs the key `name`. One that wrote the name in a property shows it there; that
 * of a uuid follows the name only as long as the server has the template.
 */
function needsName({ name, properties, origin }: Node, nameKey: string | undefined): boolean {
  if (!origin || origin.named) return true
  if (name === origin.name || origin.name_property !== undefined) return false
  return nameKey === undefined || own(properties, nameKey) !== name
}

/** The members of an object in an order; those that it does not name come last. */
function inOrder<T>(members: ReadonlyMap<string, T>, order: readonly string[]): Record<string, T> {
  const keys = [...order.filter((key) => members.has(key)), ...members.keys()]
  return Object.fromEntries([...new Set(keys)].map((key) => [key, members.get(key) as T]))
}

/** A node of the graph, in its wire shape, as a file writes it. */
export function exportNode(node: Node, { nameKey, layout, unlisted, fileId }: Form): JsonObject {
  const { properties, children, metadata, origin } = node
  const has = new Set(layout.keys)
  const keysIn = (keys: readonly string[]) => keys.filter((key) => has.has(key))
  const [typeKeys, childrenKeys] = [keysIn(TYPE_KEYS), keysIn(CHILDREN_KEYS)]
  // A node that has none of its own is listed, unless its children say where they are.
  if (childrenKeys.length === 0 && children.length > 0 && !unlisted) childrenKeys.push('children')
  if (typeKeys.length === 0) typeKeys.push('type')
  const members = new Map<string, JsonValue>([['id', fileId(node.id)]])
  if (needsName(node, nameKey)) members.set('name', node.name)
  for (const key of typeKeys) members.set(key, node.blueprint_type_id)
  const written = new Map(Object.entries(properties))
  if (has.has('properties') || written.size > 0) {
    members.set('properties', inOrder(written, layout.properties))
  }
  for (const key of childrenKeys) members.set(key, children.map(fileId))
  for (const key of keysIn(PARENT_KEYS)) {
    members.set(key, node.parent_id === null ? null : fileId(node.parent_id))
  }
  if (metadata !== undefined) members.set('metadata', metadata)
  if (!origin || origin.dated === true) members.set('created_at', node.created_at)
  for (const [key, value] of Object.entries(node.extra ?? {})) members.set(key, value)
  return inOrder(members, layout.keys)
}

/** Warnings that are told; of a file that is wrong throughout, more would help nobody. */
const MOST = 100

/** Characters of a text that a file brings. */
const MOST_CHARACTERS = 200

/** What an import made of a file where the file does not say it in one way. */
export class ImportWarnings {
  readonly list: ImportWarning[] = []
  /** How many there are, told or not. */
  count = 0

  add(path: string, reason: string, done: string): void {
    this.count += 1
    if (this.list.length < MOST) this.list.push({ path, reason, done })
  }
}

/** A text of a file as a warning repeats it. */
export function quoted(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text
  return `'${short}'`
}
