import type { JsonObject, JsonValue } from '@talus/protocol'
import { nameAccessOf, propertyAccessOf, typeAccessOf, type Access } from '../access/access.js'

/** One choice of a `select`: known by its id, else by its name. */
export type Option = {
  readonly id: string
  readonly name: string
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
  /** Who may do what with the property of this id or uuid, declared or not. */
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

function isObject(value: JsonValue | undefined): value is JsonObject {
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

/** A choice as templates write it: an object with id or name, or a plain value. */
export function optionOf(value: JsonValue): Option | undefined {
  const id = isObject(value) ? scalarText(value['id']) : undefined
  const name = scalarText(isObject(value) ? value['name'] : value)
  const known = id ?? name
  return known === undefined ? undefined : { id: known, name: name ?? known }
}

function propertyTypeOf(document: JsonObject, ofType: Access): PropertyType {
  const { label, required, options, value } = document
  const id = checkedText(document, 'id')
  const accessOf = id === 'name' ? nameAccessOf : propertyAccessOf
  return {
    id,
    uuid: checkedText(document, 'uuid'),
    label: textOf(label) ?? id,
    type: checkedText(document, 'type'),
    required: required === true,
    options: listOf(options).flatMap((option) => optionOf(option) ?? []),
    ...(value !== undefined && value !== null && { value }),
    access: accessOf(document['access'], ofType),
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
  const properties = objectsOf(document['properties']).map((each) => propertyTypeOf(each, access))
  const [naming, undeclared] = [
    nameAccessOf(undefined, access),
    propertyAccessOf(undefined, access),
  ]
  const byName = byIdOrUuid(properties)
  const id = checkedText(document, 'id')
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
