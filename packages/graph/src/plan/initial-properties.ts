import { ok, type CommandData, type JsonValue, type Result } from '@talus/protocol'
import type { NodeType } from '../blueprint/node-type.js'
import { defaultOf } from '../blueprint/property-value.js'
import type { Properties } from '../node-record.js'
import { checkProperty, namedProperty } from './property.js'
import type { PlanContext } from './planned.js'
import { invalidProperty } from './refusals.js'

type Content = { name: string; properties: Properties }

type Given = { name: string | undefined; properties: Record<string, JsonValue>; ids: Set<string> }

function pathOf(property_id: string): string {
  return `/data/properties/${property_id.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function mayGive(
  { blueprint_type_id: type_id }: CommandData<'CreateNode'>,
  given: { property_id: string; path: string },
  { permissions }: PlanContext,
): Result<null> {
  return permissions?.toGive({ type_id, ...given }) ?? ok(null)
}

/** What the command itself says, checked; its name may come as a property. */
function givenBy(
  data: CommandData<'CreateNode'>,
  type: NodeType | null,
  context: PlanContext,
): Result<Given> {
  const given: Given = { name: data.name, properties: {}, ids: new Set() }
  for (const [written, value] of Object.entries(data.properties ?? {})) {
    const named = namedProperty(type, written)
    const path = pathOf(written)
    const may = mayGive(data, { property_id: written, path }, context)
    if (!may.ok) return may
    const checked = checkProperty(type, named, { value, path, context })
    if (!checked.ok) return checked
    const id = named.isName ? 'name' : (named.property?.id ?? written)
    if (given.ids.has(id)) {
      return invalidProperty(path, written, {
        message: `The property '${id}' is given twice`,
        expected: 'each property once, by its id or its uuid',
      })
    }
    given.ids.add(id)
    // `data.name` says it more directly.
    if (named.isName) given.name ??= value as string
    else given.properties[written] = value
  }
  return ok(given)
}

function checkName(given: Given, type: NodeType, context: PlanContext): Result<null> {
  if (given.name === undefined) return ok(null)
  const path = '/data/name'
  return checkProperty(type, namedProperty(type, 'name'), { value: given.name, path, context })
}

/** Defaults for what was not given (rule TREE3), keyed by the id of the property. */
function withDefaults(type: NodeType, given: Given): Content {
  const properties = { ...given.properties }
  for (const property of type.properties) {
    if (property.id === 'name' || given.ids.has(property.id)) continue
    const value = defaultOf(property)
    if (value !== undefined) properties[property.id] = value
  }
  const preset = type.property('name')?.value
  const name = given.name ?? (typeof preset === 'string' ? preset : type.label)
  return { name, properties }
}

/** Name and properties of a new node: what is given, completed and checked by the blueprint. */
export function initialContent(
  data: CommandData<'CreateNode'>,
  type: NodeType | null,
  context: PlanContext,
): Result<Content> {
  const given = givenBy(data, type, context)
  if (!given.ok) return given
  if (!type) {
    const { name, properties } = given.value
    return ok({ name: name ?? data.blueprint_type_id, properties })
  }
  if (data.name !== undefined) {
    const may = mayGive(data, { property_id: 'name', path: '/data/name' }, context)
    if (!may.ok) return may
  }
  const named = checkName(given.value, type, context)
  if (!named.ok) return named
  const naming = type.property('name')
  if (given.value.name === undefined && naming?.required && defaultOf(naming) === undefined) {
    return invalidProperty('/data/name', 'name', {
      message: `'${type.id}' requires a name`,
      expected: 'a name, as it is required',
      actual: 'nothing',
    })
  }
  return ok(withDefaults(type, given.value))
}
