import type { GraphNode, SessionGraph, TemplateProperty, TemplateType } from '@talus/client'
import { useSession } from '@talus/client/react'
import type { JsonObject, JsonValue } from '@talus/protocol'
import { useState } from 'react'
import { detailsOf, messageOf } from '../parts/loaded.js'
import { useActions } from '../work/actions.js'
import { documentOf, keyOf } from '../work/schema.js'

/** What no template declares. */
type PlainProperty = Pick<TemplateProperty, 'id' | 'uuid' | 'label' | 'type'> & {
  readonly required: false
  readonly options: readonly []
}

/** A property as a template declares it, or one of a node without a declaration. */
export type Property = TemplateProperty | PlainProperty

export function plainProperty(id: string, type: string, label = id): Property {
  return { id, uuid: id, label, type, required: false, options: [] }
}

/** The property `name`, if the template does not declare it. */
export const NAME = plainProperty('name', 'text', 'Name')

const isDeclared = (property: Property): property is TemplateProperty => 'access' in property

/** The value of a property; null if absent. */
export function valueOf(node: GraphNode, property: Property): JsonValue {
  if (property.id === 'name') return node.name
  return node.properties[isDeclared(property) ? keyOf(node, property) : property.id] ?? null
}

/** The validation error of a value, by the same rules as on the server. */
export function problemsOf(
  graph: SessionGraph,
  property: Property,
  value: JsonValue,
): readonly string[] {
  const expected =
    graph.template && isDeclared(property) ? graph.template.checkValue(property, value) : undefined
  return expected === undefined ? [] : [`Expected ${expected}`]
}

/** The property as the template wrote it. */
export function writtenOf(
  graph: SessionGraph,
  type: TemplateType | undefined,
  property: Property,
): JsonObject {
  return type && isDeclared(property) ? documentOf(graph, type, property) : {}
}

/** Changes a property of a node, and says what is wrong with what was given. */
export function useSaving(node: GraphNode, property: Property) {
  const { graph } = useSession()
  const actions = useActions()
  const [problem, setProblem] = useState<readonly string[]>([])

  async function save(next: JsonValue): Promise<void> {
    const found = problemsOf(graph, property, next)
    setProblem(found)
    if (found.length > 0 || JSON.stringify(next) === JSON.stringify(valueOf(node, property))) return
    const refused = await actions.set(node.id, property.id, next)
    if (refused) setProblem([messageOf(refused), ...detailsOf(refused)])
  }

  return {
    problem,
    save: (next: JsonValue) => void save(next),
    forgive: () => problem.length > 0 && setProblem([]),
  }
}
