import {
  ok,
  type CommandData,
  type JsonValue,
  type PropertySet,
  type Result,
} from '@talus/protocol'
import type { NodeType } from '../blueprint/node-type.js'
import { propertySet } from '../invert.js'
import { sameJson } from '../json-equality.js'
import { valueOf, type NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import { fittingValue, roomForProperty } from './limits.js'
import type { PlanContext, Planned } from './planned.js'
import { checkProperty, keyIn, namedProperty, typeOfRecord } from './property.js'
import { nodeNotFound, refuse } from './refusals.js'

function precondition(current: JsonValue | undefined, stated: JsonValue): Result<null> {
  if (sameJson(current ?? null, stated)) return ok(null)
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

function settings(record: NodeRecord, keys: readonly string[], value: JsonValue): PropertySet[] {
  const changes: PropertySet[] = []
  for (const property_id of keys) {
    const current = valueOf(record, property_id)
    if (sameJson(current, value)) continue
    changes.push(propertySet({ node_id: record.id, property_id }, current, value))
  }
  return changes
}

/** Plans to set one property; on `name` it renames (rules TREE2, TREE4). */
export function planUpdateProperty(
  graph: ProjectGraph,
  data: CommandData<'UpdateProperty'>,
  context: PlanContext,
): Result<Planned> {
  const { node_id, new_value: value, old_value } = data
  const record = graph.record(node_id)
  if (!record) return nodeNotFound('/data/node_id', node_id)
  const type = typeOfRecord(record, context.blueprint)
  if (!type.ok) return type
  const { property_id } = data
  const written = { type_id: record.blueprint_type_id, property_id, path: '/data/property_id' }
  // First: what is refused after this says something of the value.
  const may = context.permissions?.toWrite(written)
  if (may?.ok === false) return may
  const named = namedProperty(type.value, property_id)
  const path =
    named.property || named.isName || !type.value ? '/data/new_value' : '/data/property_id'
  const checked = checkProperty(type.value, named, { value, path, context })
  if (!checked.ok) return checked
  const fits = fittingValue(value, '/data/new_value', context.limits)
  if (!fits.ok) return fits
  const key = named.isName ? 'name' : keyIn(record.properties, named)
  if (old_value !== undefined) {
    const holds = precondition(valueOf(record, key), old_value)
    if (!holds.ok) return holds
  }
  if (valueOf(record, key) === undefined) {
    const room = roomForProperty(record.properties, '/data/property_id', context.limits)
    if (!room.ok) return room
  }
  const keys = named.isName ? [key, ...nameCopies(record, type.value)] : [key]
  return ok({ changes: settings(record, keys, value), result: null })
}
