import type { Affordances, EditableProperty } from '@talus/protocol'
import type { NodeType, PropertyType } from '../blueprint/node-type.js'
import { defaultOf } from '../blueprint/property-value.js'
import { ownValue, type NodeRecord } from '../node-record.js'
import type { AffordanceContext } from './context.js'
import { isDeletable, keyIn, namedProperty, typeOfRecord } from '../plan/property.js'

function editable({ id, label, type, required, options }: PropertyType): EditableProperty {
  return { id, label, type, required, options: options.map((option) => ({ ...option })) }
}

/** The name can always be set, declared or not, and takes any text. */
function nameOf(type: NodeType): EditableProperty {
  const { label = 'Name', required = false } = type.property('name') ?? {}
  return { id: 'name', label, type: 'text', required, options: [] }
}

/** The required properties that a node has no value for, nor its template a default (rule TREE6). */
function missingOf(record: NodeRecord, { properties }: NodeType): string[] {
  const missing = properties.filter((property) => {
    if (!property.required || defaultOf(property) !== undefined) return false
    if (property.id === 'name') return record.name === ''
    const named = { written: property.id, property, isName: false }
    const value = ownValue(record.properties, keyIn(record.properties, named))
    return value === undefined || value === null || value === ''
  })
  return missing.map(({ id }) => id)
}

/** What may be set and what may be deleted of a node's properties. */
export function propertyAffordances(
  record: NodeRecord,
  { blueprint, permissions }: AffordanceContext,
): Pick<Affordances, 'properties' | 'deletable_properties' | 'missing_properties'> {
  const type = typeOfRecord(record, blueprint)
  if (!type.ok) return { properties: [], deletable_properties: [], missing_properties: [] }
  const mayWrite = (property_id: string) =>
    permissions?.toWrite({ type_id: record.blueprint_type_id, property_id, path: '' }).ok ?? true
  const deletable_properties = Object.keys(record.properties).filter(
    (key) => isDeletable(namedProperty(type.value, key)) && mayWrite(key),
  )
  if (!type.value) return { properties: null, deletable_properties, missing_properties: [] }
  const declared = type.value.properties.filter(({ id }) => id !== 'name').map(editable)
  const properties = [nameOf(type.value), ...declared].filter(({ id }) => mayWrite(id))
  const missing_properties = missingOf(record, type.value).filter(mayWrite)
  return { properties, deletable_properties, missing_properties }
}
