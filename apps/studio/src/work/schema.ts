import type {
  Template,
  GraphNode,
  TemplateType,
  TemplateProperty,
  SessionGraph,
} from '@talus/client'
import type { JsonObject, JsonValue, Role } from '@talus/protocol'
import { lookOf, type Look } from '../parts/type-mark.js'

export const ROLES: readonly Role[] = ['viewer', 'commenter', 'editor', 'owner']

/** Whether a role includes another; unknown roles count as viewers. */
export function includes(role: Role | undefined, least: Role): boolean {
  return ROLES.indexOf(role ?? 'viewer') >= ROLES.indexOf(least)
}

export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return (Array.isArray(value) ? value : []).filter(
    (one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one),
  )
}

/** A text of a template; '' for anything else. */
export const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : '')

/** The texts in a list of a template. */
export const textsOf = (value: JsonValue | undefined): string[] =>
  (Array.isArray(value) ? value : []).filter((one) => typeof one === 'string')

/** Display data of a template, which the rules of the graph do not use. */
type TypeLook = Look & { properties: ReadonlyMap<string, JsonObject> }

const known = new WeakMap<Template, ReadonlyMap<string, TypeLook>>()

function looksOf(template: Template): ReadonlyMap<string, TypeLook> {
  const looks =
    known.get(template) ??
    new Map(
      objectsOf(template.document['node_types']).map((type) => {
        const properties = objectsOf(type['properties'])
        const byId = new Map(properties.map((property) => [textOf(property['id']), property]))
        return [textOf(type['id']), { ...lookOf(type), properties: byId }]
      }),
    )
  known.set(template, looks)
  return looks
}

export function typeOf(graph: SessionGraph, node: GraphNode): TemplateType | undefined {
  return graph.template?.typeOf(node.blueprint_type_id)
}

/** The name of a node's type; its id where there is no template. */
export function labelOf(graph: SessionGraph, node: GraphNode): string {
  return typeOf(graph, node)?.label ?? node.blueprint_type_id
}

export function lookOfNode(graph: SessionGraph, node: GraphNode): Look {
  const { template } = graph
  const type = typeOf(graph, node)
  return (template && type && looksOf(template).get(type.id)) ?? lookOf(undefined)
}

export function lookOfType(template: Template | null, type_id: string): Look {
  const type = template?.typeOf(type_id)
  return (template && type && looksOf(template).get(type.id)) ?? lookOf(undefined)
}

/** A property as the template wrote it. */
export function documentOf(
  { template }: SessionGraph,
  type: TemplateType,
  { id }: TemplateProperty,
): JsonObject {
  return (template && looksOf(template).get(type.id)?.properties.get(id)) ?? {}
}

/** The key under which a node holds a property: files name some by their uuids. */
export function keyOf(node: GraphNode, { id, uuid }: TemplateProperty): string {
  return !Object.hasOwn(node.properties, id) && Object.hasOwn(node.properties, uuid) ? uuid : id
}

const INDICATORS = new Set(['empty', 'partial', 'filled', 'alert'])

/** How an option looks: its colour, and how far along it is, where the template says so. */
export type OptionLook = { color?: string; indicator?: string }

export function lookOfOption(
  document: JsonObject,
  option: { id: string; name: string },
): OptionLook {
  const written = objectsOf(document['options']).find(
    ({ id, name }) => id === option.id || name === option.name,
  )
  const { color, indicator_id } = written ?? {}
  return {
    ...(typeof color === 'string' && /^#[0-9a-f]{3,8}$/i.test(color) && { color }),
    ...(typeof indicator_id === 'string' &&
      INDICATORS.has(indicator_id) && { indicator: indicator_id }),
  }
}

/** The types that may be put below a node; null: anything, as there is no template. */
export function childTypes(
  { template }: SessionGraph,
  parent: GraphNode | undefined,
  role: Role | undefined,
): readonly TemplateType[] | null {
  if (!template) return null
  const allowed = parent ? template.allowedChildren(parent.blueprint_type_id) : template.types
  return allowed.filter(({ access }) => includes(role, access.create))
}

export function mayChange(graph: SessionGraph, node: GraphNode, role: Role | undefined): boolean {
  return includes(role, typeOf(graph, node)?.access.change ?? 'editor')
}

/** Whether all of the nodes may stand below a parent, by the rules that the server goes by. */
export function mayStandBelow(
  graph: SessionGraph,
  ids: readonly string[],
  parent_id: string | null,
): boolean {
  const { template } = graph
  const above = new Set(parent_id === null ? [] : graph.path(parent_id).map(({ id }) => id))
  const parent = parent_id === null ? undefined : graph.node(parent_id)
  return ids.every((id) => {
    const node = graph.node(id)
    if (!node || above.has(id)) return false
    // Inside its own parent a node may always stay.
    if (node.parent_id === parent_id || !template) return true
    // The rules allow anything as a root; in a project that was made of a template none is meant.
    return !!parent && template.allowsChild(parent.blueprint_type_id, node.blueprint_type_id)
  })
}

/** Whether the values of a property are ids of nodes. */
export const isReference = ({ type }: { readonly type: string }) =>
  type === 'node_reference' || type === 'person'

/** Properties in which a reference to a node of the map is one to what the map has for it. */
export function withReferences(
  properties: JsonObject,
  type: TemplateType | undefined,
  anew: ReadonlyMap<string | undefined, string>,
): JsonObject {
  const mapped = { ...properties }
  const one = (value: JsonValue) => (typeof value === 'string' && anew.get(value)) || value
  for (const property of type?.properties ?? []) {
    if (!isReference(property)) continue
    for (const key of [property.id, property.uuid]) {
      const value = properties[key]
      if (value !== undefined) mapped[key] = Array.isArray(value) ? value.map(one) : one(value)
    }
  }
  return mapped
}
