import type { Change, JsonValue, PropertySet } from '@talus/protocol'

type Target = Pick<PropertySet, 'node_id' | 'property_id' | 'blueprint_type_id'>

/** A property change; an undefined value means that the property does not exist. */
export function propertySet(
  { node_id, property_id, blueprint_type_id }: Target,
  old_value: JsonValue | undefined,
  new_value: JsonValue | undefined,
): PropertySet {
  const change: PropertySet = { type: 'property-set', node_id, property_id }
  // Assigned and not spread: most commands come through here.
  if (blueprint_type_id !== undefined) change.blueprint_type_id = blueprint_type_id
  if (old_value !== undefined) change.old_value = old_value
  if (new_value !== undefined) change.new_value = new_value
  return change
}

function invertOne(change: Change): Change {
  switch (change.type) {
    case 'node-added':
      return { ...change, type: 'node-removed' }
    case 'node-removed':
      return { ...change, type: 'node-added' }
    case 'node-moved':
      return { ...change, from: change.to, to: change.from }
    case 'property-set':
      return propertySet(change, change.new_value, change.old_value)
    case 'graph-replaced':
      throw new Error('a replaced graph does not say what was there before')
    default:
      return change satisfies never
  }
}

/**
 * The changes that lead back, last first. Throws on `graph-replaced`, which alone does not tell
 * what was before.
 */
export function invert(changes: readonly Change[]): Change[] {
  return changes.slice().reverse().map(invertOne)
}
