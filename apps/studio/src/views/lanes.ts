import type { GraphNode, SessionGraph, TemplateProperty, TemplateType } from '@talus/client'
import { documentOf, keyOf, lookOfOption, type OptionLook } from '../work/schema.js'

/** A column of the board: an option of the property, or none. */
export type Lane = { id: string; name: string; look: OptionLook; ids: string[] }

/** The column of nodes without a value, or with a value that is not an option. */
const NONE = ''

/** A `select` property that a board can use, with all types that have it. */
export type BoardProperty = { id: string; label: string; types: string[] }

function selectOf(type: TemplateType | undefined, property_id: string) {
  const property = type?.property(property_id)
  return property?.type === 'select' ? property : undefined
}

/** Merges properties with the same id, because types often share their statuses. */
export function boardProperties({ template }: SessionGraph): BoardProperty[] {
  const found = new Map<string, BoardProperty>()
  for (const type of template?.types ?? []) {
    for (const { id, label, type: kind } of type.properties) {
      if (kind !== 'select') continue
      const known = found.get(id)
      if (known) known.types.push(type.label)
      else found.set(id, { id, label, types: [type.label] })
    }
  }
  return [...found.values()]
}

function laneOf(node: GraphNode, property: TemplateProperty): string {
  return property.option(node.properties[keyOf(node, property)] ?? null)?.id ?? NONE
}

/** The columns of a board in template order, with their cards in tree order. */
export function boardOf(graph: SessionGraph, property_id: string): Lane[] {
  const lanes = new Map<string, Lane>([[NONE, { id: NONE, name: 'None', look: {}, ids: [] }]])
  const types = new Set<TemplateType>()
  const add = (type: TemplateType, property: TemplateProperty) => {
    if (types.has(type)) return
    types.add(type)
    const written = documentOf(graph, type, property)
    for (const option of property.options) {
      const { id, name } = option
      if (!lanes.has(id)) lanes.set(id, { id, name, look: lookOfOption(written, option), ids: [] })
    }
  }
  for (const node of graph.walk()) {
    const type = graph.template?.typeOf(node.blueprint_type_id)
    const property = selectOf(type, property_id)
    if (!type || !property) continue
    add(type, property)
    lanes.get(laneOf(node, property))?.ids.push(node.id)
  }
  if (types.size === 0) {
    // No card yet: the columns are those that cards may come into.
    for (const type of graph.template?.types ?? []) {
      const property = selectOf(type, property_id)
      if (property) add(type, property)
    }
  }
  const [none, ...others] = lanes.values()
  return none && (none.ids.length > 0 || others.length === 0) ? [none, ...others] : others
}

/** What a node's property becomes in a column; undefined: its type has no such option. */
export function choiceIn(
  graph: SessionGraph,
  property_id: string,
  id: string,
  lane_id: string,
): string | null | undefined {
  const node = graph.node(id)
  const property = selectOf(node && graph.template?.typeOf(node.blueprint_type_id), property_id)
  if (!property) return undefined
  if (lane_id === NONE) return null
  return property.options.some((option) => option.id === lane_id) ? lane_id : undefined
}
