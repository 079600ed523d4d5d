import type { GraphNode, SessionGraph } from '@talus/client'
import type { JsonValue } from '@talus/protocol'
import { NAME, plainProperty, valueOf, type Property } from '../inspector/property.js'

/** Of a session without a template. */
const MOST_PLAIN = 20

/** Column width by value type, in rem. */
const WIDTHS: Readonly<Record<string, number>> = {
  number: 10,
  currency: 9,
  checkbox: 6,
  date: 9.5,
  select: 10,
  editor: 18,
  object: 14,
}

/** A column of the table. */
export type Column = { property: Property; width: number }

/** A type that is in use, with the number of its nodes. */
export type UsedType = { id: string; label: string; count: number }

/** Most frequent types first. */
export function usedTypes(graph: SessionGraph): UsedType[] {
  const types = new Map<string, UsedType>()
  for (const { blueprint_type_id } of graph.walk()) {
    const type = graph.template?.typeOf(blueprint_type_id)
    const id = type?.id ?? blueprint_type_id
    const known = types.get(id)
    if (known) known.count += 1
    else types.set(id, { id, label: type?.label ?? id, count: 1 })
  }
  return [...types.values()].toSorted((a, b) => b.count - a.count)
}

/** The nodes of a type, in tree order. */
export function nodesOf(graph: SessionGraph, type_id: string): string[] {
  const { template } = graph
  const type = template?.typeOf(type_id)
  const ids: string[] = []
  for (const { id, blueprint_type_id } of graph.walk()) {
    const isMeant = type
      ? template?.typeOf(blueprint_type_id) === type
      : blueprint_type_id === type_id
    if (isMeant) ids.push(id)
  }
  return ids
}

function plainType(value: JsonValue): string {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'checkbox'
  return typeof value === 'string' ? 'text' : 'object'
}

/** Properties that nodes hold where no template says which. */
function plainProperties(graph: SessionGraph, ids: readonly string[]): Property[] {
  const found = new Map<string, Property>()
  for (const id of ids) {
    for (const [key, value] of Object.entries(graph.node(id)?.properties ?? {})) {
      if (!found.has(key)) found.set(key, plainProperty(key, plainType(value)))
    }
    if (found.size >= MOST_PLAIN) break
  }
  return [...found.values()].slice(0, MOST_PLAIN)
}

export function columnsOf(graph: SessionGraph, type_id: string, ids: readonly string[]): Column[] {
  const type = graph.template?.typeOf(type_id)
  const others = type
    ? type.properties.filter(({ id }) => id !== 'name')
    : plainProperties(graph, ids)
  const name = type?.property('name') ?? NAME
  return [
    { property: name, width: 17 },
    ...others.map((property) => ({ property, width: WIDTHS[property.type] ?? 11 })),
  ]
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** By which a value is sorted; null comes last. */
function keyOf(graph: SessionGraph, property: Property, value: JsonValue): string | number | null {
  if (value === null || value === '') return null
  if (property.type === 'select' && 'option' in property) {
    const option = property.option(value)
    return option ? property.options.indexOf(option) : JSON.stringify(value)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
  if (typeof value !== 'string') return JSON.stringify(value)
  return graph.node(value)?.name ?? value
}

function compare(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return COLLATOR.compare(String(a), String(b))
}

export type Sorting = { property_id: string; isDown: boolean }

/** The nodes by one of their properties; what is equal stays in the order of the tree. */
export function sorted(
  graph: SessionGraph,
  ids: readonly string[],
  property: Property,
  isDown: boolean,
): string[] {
  const keyed = ids.map((id) => {
    const node: GraphNode | undefined = graph.node(id)
    return { id, key: node ? keyOf(graph, property, valueOf(node, property)) : null }
  })
  const turn = isDown ? -1 : 1
  return keyed
    .toSorted((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null)
      return turn * compare(a.key, b.key)
    })
    .map(({ id }) => id)
}
