import { ok, type JsonValue, type Result } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { NodeType, PropertyType } from '../blueprint/node-type.js'
import type { NodeRecord, Properties } from '../node-record.js'
import type { PlanContext } from './planned.js'
import { invalidProperty, unknownNodeType } from './refusals.js'

/** A property as a command names it: by id or uuid, or one that only the node knows. */
export type NamedProperty = {
  /** As the client wrote it. */
  written: string
  property: PropertyType | undefined
  /** It is the node's name, which lives outside of its properties (rule TREE4). */
  isName: boolean
}

export function namedProperty(type: NodeType | null, written: string): NamedProperty {
  const property = type?.property(written)
  return { written, property, isName: written === 'name' || property?.id === 'name' }
}

/** Whether a node of the type may have the property at all; without a type it may have any. */
export function isSettable(type: NodeType | null, { property, isName }: NamedProperty): boolean {
  return !type || isName || property !== undefined
}

/** Whether the property may be taken from a node that has it. */
export function isDeletable({ property, isName }: NamedProperty): boolean {
  return !isName && !property?.required
}

/** One property, one key: the one of its names that the node uses, else as it was written. */
export function keyIn(properties: Properties, { written, property }: NamedProperty): string {
  const names = property ? [written, property.id, property.uuid] : [written]
  return names.find((name) => Object.hasOwn(properties, name)) ?? written
}

/** The blueprint's type of a node; null without a blueprint, UNKNOWN_NODE_TYPE for an orphan. */
export function typeOfRecord(
  record: NodeRecord,
  blueprint: Blueprint | null,
): Result<NodeType | null> {
  if (!blueprint) return ok(null)
  const type = blueprint.typeOf(record.blueprint_type_id)
  if (type) return ok(type)
  return unknownNodeType('/data/node_id', record.blueprint_type_id, blueprint.types)
}

function refusedName(named: NamedProperty, value: JsonValue): string | undefined {
  if (typeof value !== 'string') return 'a string'
  return value === '' && named.property?.required ? 'a name, as it is required' : undefined
}

function unknownProperty(type: NodeType, written: string, path: string) {
  const known = type.properties.map((property) => property.id)
  return invalidProperty(path, written, {
    message: `'${type.id}' has no property '${written}'`,
    expected: `one of ${['name', ...known.filter((id) => id !== 'name')].join(', ')}`,
    actual: written,
  })
}

/** Whether a property may have a value (rule TREE2). `path` points to the value in the command. */
export function checkProperty(
  type: NodeType | null,
  named: NamedProperty,
  { value, path, context }: { value: JsonValue; path: string; context: PlanContext },
): Result<null> {
  const { written, property, isName } = named
  if (type && !isSettable(type, named)) return unknownProperty(type, written, path)
  const expected = isName
    ? refusedName(named, value)
    : property && context.blueprint?.checkValue(property, value)
  return expected === undefined
    ? ok(null)
    : invalidProperty(path, written, { expected, actual: value })
}
