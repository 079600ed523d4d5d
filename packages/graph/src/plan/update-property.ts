import {
  ok,
  type CommandData,
  type JsonValue,
  type PropertySet,
  type Result,
} from '@talus/protocol'
import type { NodeType, PropertyType } from '../blueprint/node-type.js'
import { sameValue } from '../blueprint/property-value.js'
import { propertySet } from '../invert.js'
import { sameJson } from '../json-equality.js'
import { valueOf, type NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import { fittingValue, roomForProperty } from './limits.js'
import type { PlanContext, Planned } from './planned.js'
import {
  checkProperty,
  isSettable,
  keyIn,
  namedProperty,
  typeOfRecord,
  type NamedProperty,
} from './property.js'
import { nodeNotFound, refuse } from './refusals.js'

/** Whether the property still is what the caller takes it for, in whatever spelling (rule SEL2). */
function precondition(
  property: PropertyType | undefined,
  current: JsonValue | undefined,
  stated: JsonValue,
): Result<null> {
  if (sameValue(property, current ?? null, stated)) return ok(null)
  return refuse('PRECONDITION_FAILED', {
    message: 'The stated previous value is not the current one',
    path: '/data/old_value',
    expected: 'the current value',
    actual: stated,
  })
}

/** Imported files keep a copy of the name under the uuid of its property. */
function nameCopies(record: NodeRecord, type: NodeType | null): string[] {
  const uuid = type?.property('name')?.uuid
  return uuid !== undefined && Object.hasOwn(record.properties, uuid) ? [uuid] : []
}

/**
 * What differs from what is there: an equal value changes nothing (rule CMD4). Another name of the
 * same option differs: it is stored as given (rule SEL1).
 */
function settings(record: NodeRecord, keys: readonly string[], value: JsonValue): PropertySet[] {
  const changes: PropertySet[] = []
  for (const property_id of keys) {
    const current = valueOf(record, property_id)
    if (sameJson(current, value)) continue
    changes.push(propertySet({ node_id: record.id, property_id }, current, value))
  }
  return changes
}

/** Whether the node may have the value, by its template and the limits. */
function acceptable(
  record: NodeRecord,
  { named, value, key }: { named: NamedProperty; value: JsonValue; key: string },
  context: PlanContext,
): Result<null> {
  const type = typeOfRecord(record, context.blueprint)
  if (!type.ok) return type
  const isKnown = isSettable(type.value, named)
  const path = isKnown ? '/data/new_value' : '/data/property_id'
  const checked = checkProperty(type.value, named, { value, path, context })
  if (!checked.ok) return checked
  const fits = fittingValue(value, '/data/new_value', context.limits)
  if (!fits.ok || valueOf(record, key) !== undefined) return fits
  return roomForProperty(record.properties, '/data/property_id', context.limits)
}

/** Plans to set one property; on `name` it renames (rules TREE2, TREE4). */
export function planUpdateProperty(
  graph: ProjectGraph,
  data: CommandData<'UpdateProperty'>,
  context: PlanContext,
): Result<Planned> {
  const { node_id, property_id, new_value: value, old_value } = data
  const record = graph.record(node_id)
  if (!record) return nodeNotFound('/data/node_id', node_id)
  const { blueprint_type_id: type_id } = record
  // First: what is refused after this says something of the value.
  const may = context.permissions?.toWrite({ type_id, property_id, path: '/data/property_id' })
  if (may?.ok === false) return may
  const type = context.blueprint?.typeOf(type_id) ?? null
  const named = namedProperty(type, property_id)
  const { property } = named
  const key = named.isName ? 'name' : keyIn(record.properties, named)
  const keys = named.isName ? [key, ...nameCopies(record, type)] : [key]
  const changes = settings(record, keys, value)
  if (changes.length > 0) {
    const accepted = acceptable(record, { named, value, key }, context)
    if (!accepted.ok) return accepted
  }
  if (old_value !== undefined) {
    const holds = precondition(property, valueOf(record, key), old_value)
    if (!holds.ok) return holds
  }
  return ok({ changes, result: null })
}
