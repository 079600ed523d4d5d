import type { JsonObject, JsonValue } from '@talus/protocol'
import { nameAccessOf, propertyAccessOf, typeAccessOf, type Access } from '../access/access.js'
import { optionUuid } from './derived-uuid.js'

/** One choice of a `select`: a value names it by id, name or uuid (rule SEL2). */
export type Option = {
  /** The name, where the template gives no id. */
  readonly id: string
  readonly name: string
  readonly uuid: string
}

/** What a blueprint says of one property of a node type. */
export type PropertyType = {
  readonly id: string
  readonly uuid: string
  readonly label: string
  /** `text`, `select`, …; types that are not known here accept any value. */
  readonly type: string
  readonly required: boolean
  readonly options: readonly Option[]
  /** The declared default. */
  readonly value?: JsonValue
  readonly access: Access
  /** The option that a value names (rule SEL2). */
  option(value: JsonValue): Option | undefined
}

/** What a blueprint says of the nodes of one type. */
export type NodeType = {
  readonly id: string
  readonly uuid: string
  readonly label: string
  readonly features: readonly string[]
  /** As the template names them: ids or uuids, also of types that it does not have. */
  readonly allowed_children: readonly string[]
  readonly properties: readonly PropertyType[]
  readonly access: Access
  /** The property with this id or uuid. */
  property(idOrUuid: string): PropertyType | undefined
  /** Access to the property of this id or uuid, declared or not. */
  accessTo(idOrUuid: string): Access
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A text that the check of the template has found to be there. */
export function checkedText(document: JsonObject, key: string): string {
  const text = textOf(document[key])
  if (text === undefined) throw new Error(`a checked template lacks '${key}'`)
  return text
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects of a list; whatever else is in it is left out. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return listOf(value).filter(isObject)
}

function textsOf(value: JsonValue | undefined): string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

/** A text, or what YAML took for a number or a boolean. */
export function scalarText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value)
}

/** Whose the options are: their uuids follow from it. */
export type OptionsOf = { type_id: string; property_id: string }

/** A choice as templates write it: an object with id or name, or a plain value. */
export function optionOf(value: JsonValue, of: OptionsOf): Option | undefined {
  const { id, name, uuid } = isObject(value) ? value : { name: value }
  const known = scalarText(id) ?? scalarText(name)
  if (known === undefined) return undefined
  const shown = scalarText(name) ?? known
  const own = textOf(uuid) ?? optionUuid(of.type_id, of.property_id, shown)
  return { id: known, name: shown, uuid: own }
}

/** What YAML 1.1 takes for a boolean. */
const YAML_BOOLEAN = /^(?:(yes|on|true)|no|off|false)$/i

function isYes(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && YAML_BOOLEAN.exec(value)?.[1] !== undefined
}

/** Options by everything that names them; ids win over names, and names over uuids. */
function byValue(options: readonly Option[], of: OptionsOf): ReadonlyMap<string, Option> {
  const known = new Map<string, Option>()
  const add = (value: string, option: Option) => known.has(value) || known.set(value, option)
  for (const option of options) add(option.id, option)
  for (const option of options) add(option.name, option)
  for (const option of options) add(option.uuid, option)
  for (const option of options) {
    // The existing application reads YAML 1.1: the name `Yes` is a boolean there, and so its uuid
    // is that of Python's `True`.
    const boolean = YAML_BOOLEAN.exec(option.name)
    if (boolean) add(optionUuid(of.type_id, of.property_id, boolean[1] ? 'True' : 'False'), option)
  }
  return known
}

function propertyTypeOf(document: JsonObject, type_id: string, ofType: Access): PropertyType {
  const { label, required, value } = document
  const id = checkedText(document, 'id')
  const of = { type_id, property_id: id }
  const options = listOf(document['options']).flatMap((option) => optionOf(option, of) ?? [])
  const known = byValue(options, of)
  const accessOf = id === 'name' ? nameAccessOf : propertyAccessOf
  return {
    id,
    uuid: checkedText(document, 'uuid'),
    label: textOf(label) ?? id,
    type: checkedText(document, 'type'),
    required: required === true || isYes(required),
    options,
    ...(value !== undefined && value !== null && { value }),
    access: accessOf(document['access'], ofType),
    option: (chosen) => known.get(scalarText(chosen) ?? ''),
  }
}

/** Both names of each thing; ids win over uuids. */
export function byIdOrUuid<T extends { id: string; uuid: string }>(things: readonly T[]) {
  const byName = new Map<string, T>()
  for (const thing of things) byName.set(thing.uuid, thing)
  for (const thing of things) byName.set(thing.id, thing)
  return byName
}

/** The type that a checked template, with its uuids filled in, describes. */
export function nodeTypeOf(document: JsonObject): NodeType {
  const access = typeAccessOf(document['access'])
  const id = checkedText(document, 'id')
  const properties = objectsOf(document['properties']).map((each) =>
    propertyTypeOf(each, id, access),
  )
  const [naming, undeclared] = [
    nameAccessOf(undefined, access),
    propertyAccessOf(undefined, access),
  ]
  const byName = byIdOrUuid(properties)
  return {
    id,
    uuid: checkedText(document, 'uuid'),
    label: textOf(document['label']) ?? id,
    features: textsOf(document['features']),
    allowed_children: textsOf(document['allowed_children']),
    properties,
    access,
    property: (idOrUuid) => byName.get(idOrUuid),
    accessTo: (idOrUuid) =>
      byName.get(idOrUuid)?.access ?? (idOrUuid === 'name' ? naming : undeclared),
  }
}
