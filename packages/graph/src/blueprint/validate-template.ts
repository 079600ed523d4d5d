import { BlueprintTypeId, check, type JsonValue, type TemplateReport } from '@talus/protocol'
import { validateAccess } from './validate-access.js'
import { optionOf, scalarText } from './node-type.js'
import { expectedOf, isKnownPropertyType } from './property-value.js'
import { TemplatePlace } from './template-place.js'

/** Notes the id and the uuid of a thing; each may name one thing only. */
function claimNames(place: TemplatePlace, taken: Set<string>): void {
  const names = new Set<string>()
  for (const key of ['id', 'uuid'] as const) {
    const name = place.at(key)
    const absent = name.value === undefined || name.value === null
    if (absent && key === 'uuid') continue
    if (absent) name.error('the id is missing')
    else if (typeof name.value !== 'string') name.error(`the ${key} is not a text`)
    else if (!check(BlueprintTypeId, name.value).ok)
      name.error(`the ${key} cannot be used as a name`)
    else if (taken.has(name.value)) name.error(`the ${key} '${name.value}' is used twice`)
    else names.add(name.value)
  }
  // One thing may use the same text as id and uuid.
  for (const name of names) taken.add(name)
}

function validateOptions(property: TemplatePlace, type_id: string): void {
  const of = { type_id, property_id: scalarText(property.at('id').value) ?? '' }
  const options = property.list('options')
  if (options.length === 0) property.at('options').error('a select property needs options')
  const names = new Set<string>()
  for (const option of options) {
    const known = option.value === undefined ? undefined : optionOf(option.value, of)
    if (!known) {
      option.error('an option needs an id or a name')
      continue
    }
    if (names.has(known.id)) option.warn(`the option '${known.id}' is there twice`)
    names.add(known.id).add(known.name).add(known.uuid)
  }
  const preset = property.at('value')
  if (preset.value === undefined || preset.value === null) return
  if (!names.has(scalarText(preset.value) ?? '')) preset.warn('the value is not one of the options')
}

function validateProperty(
  property: TemplatePlace,
  { taken, type_id }: { taken: Set<string>; type_id: string },
): void {
  claimNames(property, taken)
  validateAccess(property, property.at('id').value === 'name' ? 'name' : 'property')
  const type = property.at('type')
  if (typeof type.value !== 'string' || type.value === '') type.error('the type is missing')
  else if (type.value === 'select') validateOptions(property, type_id)
  else if (!isKnownPropertyType(type.value)) {
    type.warn(`the property type '${type.value}' is not known; any value is accepted`)
  } else validatePreset(property, type.value)
}

/** A default is written as it stands to every new node, where no command could write it again. */
function validatePreset(property: TemplatePlace, type: string): void {
  const preset = property.at('value')
  if (preset.value === undefined || preset.value === null) return
  const expected = expectedOf(type, preset.value)
  if (expected !== undefined) preset.warn(`the value does not fit the type: expected ${expected}`)
}

function validateChildren(type: TemplatePlace, known: ReadonlySet<string>): void {
  for (const child of type.list('allowed_children')) {
    if (typeof child.value !== 'string') child.warn('this is not the name of a node type')
    else if (!known.has(child.value)) child.warn(`there is no node type '${child.value}'`)
  }
}

function nodeTypesOf(document: TemplatePlace): TemplatePlace[] {
  const list = document.at('node_types')
  if (!Array.isArray(list.value)) {
    list.error("'node_types' is missing or is not a list")
    return []
  }
  if (list.value.length === 0) list.warn('there are no node types')
  return document.list('node_types').map((type) => type.as('node_type', type.at('id').value))
}

/** Everything wrong with a template document that is known to be JSON. */
export function validateTemplate(document: JsonValue): TemplateReport {
  const findings = { errors: [], warnings: [] }
  const types = nodeTypesOf(TemplatePlace.top(document, findings))
  const taken = new Set<string>()
  for (const type of types) {
    claimNames(type, taken)
    validateAccess(type, 'type')
    const of = { taken: new Set<string>(), type_id: scalarText(type.at('id').value) ?? '' }
    for (const property of type.list('properties')) {
      validateProperty(property.as('property', property.at('id').value), of)
    }
  }
  for (const type of types) validateChildren(type, taken)
  return { valid: findings.errors.length === 0, ...findings }
}
