import type { Client } from '@talus/client'
import type { JsonObject, Node } from '@talus/protocol'
import { objectsOf, textOf, textsOf } from '../work/schema.js'
import { fieldsOf, type Json, type Subject } from './contract.js'

/** Data of a session for suggestions and examples. */
export type Facts = {
  session_id: string | undefined
  project_id: string | null
  template_id: string | null
  actor_id: string
  seq: number
  nodes: readonly Node[]
  template: JsonObject | undefined
}

/** Loads the data of a session; without a session, only its general part. */
export async function loadFacts(
  client: Client,
  session_id: string | undefined,
  actor_id: string,
): Promise<Facts> {
  const { templates } = await client.rest.listTemplates()
  const nowhere = { project_id: null, nodes: [], template: undefined, seq: 0 }
  const [first] = templates
  const template_id = first?.template_id ?? null
  if (session_id === undefined) return { session_id, actor_id, ...nowhere, template_id }
  const [info, graph] = await Promise.all([
    client.rest.getSession({ session_id }),
    client.rest.getGraph({ session_id }),
  ])
  const template =
    info.template_id === null
      ? undefined
      : await client.rest
          .getTemplateSchema({ template_id: info.template_id })
          // The template may be gone: then no types are suggested.
          .catch(() => undefined)
  return {
    session_id,
    actor_id,
    project_id: info.project_id,
    template_id: info.template_id ?? template_id,
    seq: graph.seq,
    nodes: graph.nodes,
    template,
  }
}

const typesOf = ({ template }: Facts) => objectsOf(template?.['node_types'])

const typeOf = (facts: Facts, node: Node | undefined) =>
  typesOf(facts).find((type) => type['id'] === node?.blueprint_type_id)

/** A node with a parent, the last of those without children. */
const leafOf = ({ nodes }: Facts) =>
  nodes.findLast(({ children, parent_id }) => children.length === 0 && parent_id !== null) ??
  nodes.at(-1)

/** What new nodes could be, and below what. */
function placeForChild(facts: Facts): { parent: Node | undefined; type: string; label: string } {
  for (const parent of facts.nodes.toReversed()) {
    const [child] = textsOf(typeOf(facts, parent)?.['allowed_children'])
    const type = typesOf(facts).find(({ id }) => id === child)
    if (child !== undefined) {
      return { parent, type: child, label: textOf(type?.['label']) || child }
    }
  }
  const [parent] = facts.nodes
  return { parent, type: parent?.blueprint_type_id ?? 'note', label: 'node' }
}

/** A property that a node has, and has a value of. */
function valueIn({ nodes }: Facts): { node_id: string; property_id: string } | undefined {
  for (const { id, properties } of nodes) {
    const [property_id] = Object.keys(properties)
    if (property_id !== undefined) return { node_id: id, property_id }
  }
  return undefined
}

/** The data of each command, about nodes that there are. */
const DATA: Record<string, (facts: Facts) => Json> = {
  CreateNode: (facts) => {
    const { parent, type, label } = placeForChild(facts)
    const below = parent && { parent_id: parent.id }
    return { blueprint_type_id: type, name: `New ${label.toLowerCase()}`, ...below }
  },
  DeleteNode: (facts) => ({ node_id: leafOf(facts)?.id ?? '' }),
  MoveNode: (facts) => {
    const { id = '', parent_id = null } = leafOf(facts) ?? {}
    return { node_id: id, parent_id, position: { at: 'start' } }
  },
  LinkNode: (facts) => {
    const [parent, child = leafOf(facts)] = facts.nodes.filter((node) => node.parent_id === null)
    return { parent_id: parent?.id ?? '', child_id: child?.id ?? '' }
  },
  UnlinkNode: (facts) => {
    const leaf = leafOf(facts)
    return { parent_id: leaf?.parent_id ?? '', child_id: leaf?.id ?? '' }
  },
  UpdateProperty: (facts) => {
    const leaf = leafOf(facts)
    return { node_id: leaf?.id ?? '', property_id: 'name', new_value: `${leaf?.name ?? ''} 2` }
  },
  DeleteProperty: (facts) => ({ node_id: '', property_id: '', ...valueIn(facts) }),
  Batch: (facts) => ({
    label: 'Two steps as one',
    commands: ['CreateNode', 'UpdateProperty'].map((command_type) => ({
      command_type,
      data: DATA[command_type]?.(facts),
    })),
  }),
}

/** What stands for an id of an example, by the name of its field. */
function valueFor(name: string, facts: Facts): unknown {
  const [first] = facts.nodes
  switch (name) {
    case 'session_id':
      return facts.session_id ?? ''
    case 'project_id':
      return facts.project_id ?? undefined
    case 'template_id':
      return facts.template_id ?? undefined
    case 'actor_id':
      return facts.actor_id
    case 'node_id':
    case 'focus':
      return leafOf(facts)?.id
    case 'selection':
      return facts.nodes.slice(-2).map(({ id }) => id)
    case 'subtree':
      return first?.id
    case 'seq':
    case 'last_seq':
    case 'to_seq':
    case 'at_seq':
      return facts.seq
    case 'type':
      return first?.blueprint_type_id
    default:
      return undefined
  }
}

/** An example with what there is in the place of what there was when it was written. */
function filled(value: unknown, facts: Facts): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => filled(item, facts))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      // Each request is one of its own, not the repetition of another.
      .filter(([name]) => name !== 'command_id')
      .map(([name, item]) => [name, valueFor(name, facts) ?? filled(item, facts)]),
  )
}

/** A request that would do something, as far as that is known. */
export function exampleOf(subject: Subject, facts: Facts): unknown {
  const { channel, name, schema, example } = subject
  if (schema === undefined) return undefined
  const dataFor = (type: string) =>
    facts.nodes.length > 0 || type === 'CreateNode' ? DATA[type]?.(facts) : undefined
  if (channel === 'command') {
    const data = dataFor(name) ?? fieldsOf(example)['data']
    return { session_id: facts.session_id ?? '', data }
  }
  if (name === 'CreateSession') return { body: filled(fieldsOf(example)['body'], fresh(facts)) }
  // Files have ids of their own.
  if (name === 'ImportProject') return example
  const known = fieldsOf(filled(example, facts))
  // Within a request that carries a command stands a command.
  const carrier = channel === 'rest' ? fieldsOf(known['body']) : known
  const command = carrier['command_type']
  if (typeof command !== 'string') return known
  const whole = { ...carrier, data: dataFor(command) ?? carrier['data'] }
  return channel === 'rest' ? { ...known, body: whole } : whole
}

/** For a session that is to be made. */
const fresh = (facts: Facts): Facts => ({
  ...facts,
  session_id: `try-${crypto.randomUUID().slice(0, 8)}`,
})

/** A value that a field may have, and what it is called. */
export type Suggestion = { value: string; label: string }

const MOST = 60

/** What could stand in a field, by its name. */
export function suggestionsFor(name: string, facts: Facts): Suggestion[] {
  switch (name) {
    case 'node_id':
    case 'parent_id':
    case 'child_id':
    case 'before':
    case 'after':
    case 'subtree':
    case 'focus':
    case 'selection':
      return facts.nodes.slice(0, MOST).map(({ id, name: label }) => ({ value: id, label }))
    case 'blueprint_type_id':
    case 'type':
      return typesOf(facts).map((type) => ({
        value: textOf(type['id']),
        label: textOf(type['label']),
      }))
    case 'property_id': {
      const known = new Map([['name', 'Name']])
      for (const type of typesOf(facts)) {
        for (const property of objectsOf(type['properties'])) {
          known.set(textOf(property['id']), textOf(property['label']))
        }
      }
      return [...known].map(([value, label]) => ({ value, label }))
    }
    default: {
      const value = valueFor(name, facts)
      return typeof value === 'string' && value !== '' ? [{ value, label: '' }] : []
    }
  }
}
