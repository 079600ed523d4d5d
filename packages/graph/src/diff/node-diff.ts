import type { JsonValue, PropertySet } from '@talus/protocol'
import { propertySet } from '../invert.js'
import { sameJson } from '../json-equality.js'
import { valueOf, type NodeRecord } from '../node-record.js'

/** Whether two nodes of one id differ in what no change can set: then one replaces the other. */
export function isRemade(before: NodeRecord, after: NodeRecord): boolean {
  if (before === after) return false
  return (
    before.blueprint_type_id !== after.blueprint_type_id ||
    before.created_at !== after.created_at ||
    !sameJson(before.metadata, after.metadata) ||
    !sameJson(before.extra, after.extra) ||
    !sameJson(before.origin as JsonValue | undefined, after.origin as JsonValue | undefined)
  )
}

/** The property changes, the name's included, that lead from one record of a node to another. */
export function editsOf(before: NodeRecord, after: NodeRecord): PropertySet[] {
  if (before === after) return []
  const keys = new Set(['name'])
  if (before.properties !== after.properties) {
    for (const key of Object.keys(before.properties)) keys.add(key)
    for (const key of Object.keys(after.properties)) keys.add(key)
  }
  const edits: PropertySet[] = []
  for (const property_id of keys) {
    const old_value = valueOf(before, property_id)
    const new_value = valueOf(after, property_id)
    if (sameJson(old_value, new_value)) continue
    edits.push(propertySet({ node_id: after.id, property_id }, old_value, new_value))
  }
  return edits
}
