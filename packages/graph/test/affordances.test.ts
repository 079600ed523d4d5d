import { MAX_MOVE_TARGETS, parseCommand, type Affordances, type JsonValue } from '@talus/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { affordances, parseTemplate, plan, ProjectGraph, type Blueprint } from '../src/index.js'
import { ended } from './ended.js'
import { film, plain } from './film-session.js'
import { NOW } from './session.js'

function of(graph: ProjectGraph, node_id: string, blueprint: Blueprint | null): Affordances {
  const steps = affordances(graph, node_id, { blueprint })
  if (!steps) throw new Error(`there is no node '${node_id}'`)
  return ended(steps)
}

const TYPES = ['a', 'b', 'c', 'd']
const PROPERTY_TYPES = ['text', 'number', 'date', 'checkbox', 'select', 'object', 'stars']

const FITTING: Record<string, JsonValue> = {
  text: 'y',
  number: 1,
  date: '2026-01-28',
  checkbox: true,
  select: 'one',
  object: {},
  stars: 5,
}

const property = fc.record({
  id: fc.constantFrom('p', 'q', 'r', 'name'),
  type: fc.constantFrom(...PROPERTY_TYPES),
  required: fc.boolean(),
  options: fc.constant<JsonValue[]>([{ id: 'one', name: 'One' }]),
})

const nodeType = fc.record({
  allowed_children: fc.subarray(TYPES),
  properties: fc.uniqueArray(property, { selector: ({ id }) => id, maxLength: 3 }),
})

/** Templates in which `d` is not always there: its nodes are orphans then. */
const template = fc
  .array(nodeType, { minLength: 3, maxLength: 4 })
  .map((types) => ({ node_types: types.map((type, n) => ({ id: TYPES[n] ?? '', ...type })) }))

const node = fc.record({
  type: fc.constantFrom(...TYPES),
  parent: fc.integer({ min: -2, max: 8 }),
  keys: fc.subarray(['p', 'q', 'r', 'old']),
})

/** A forest in pre-order: a parent is a node on the way to the one before. */
const forest = fc.array(node, { minLength: 1, maxLength: 10 }).map((drafts) => {
  const graph = ProjectGraph.empty()
  for (const [n, { type, parent, keys }] of drafts.entries()) {
    const parent_id = parent >= 0 && parent < n ? `n${parent}` : null
    const properties = Object.fromEntries(keys.map((key) => [key, 'x']))
    const id = `n${n}`
    const added = { id, blueprint_type_id: type, name: id, parent_id, children: [], properties }
    const index = graph.childCount(parent_id)
    const full = { ...added, created_at: NOW }
    graph.apply([{ type: 'node-added', node: full, parent_id, index }])
  }
  return graph
})

function accepts(graph: ProjectGraph, blueprint: Blueprint | null) {
  const context = { blueprint, newId: () => 'new', now: () => NOW }
  return (command_type: string, data: object): boolean => {
    const command = parseCommand(command_type, data)
    if (!command.ok) throw new Error(command.error.message)
    return plan(graph, command.value, context).ok
  }
}

type Sample = { graph: ProjectGraph; blueprint: Blueprint | null; node_id: string }

function expectStructure({ graph, blueprint, node_id }: Sample, said: Affordances): void {
  const may = accepts(graph, blueprint)
  for (const blueprint_type_id of TYPES) {
    const listed = said.child_types?.some(({ id }) => id === blueprint_type_id) ?? true
    expect(may('CreateNode', { blueprint_type_id, parent_id: node_id, name: 'x' })).toBe(listed)
  }
  for (const { id: parent_id } of graph.preorder()) {
    const listed = said.move_targets.node_ids.includes(parent_id)
    expect(may('MoveNode', { node_id, parent_id })).toBe(listed)
    const linked = may('LinkNode', { parent_id, child_id: node_id })
    expect(linked).toBe(said.can_link && listed)
  }
  expect(may('MoveNode', { node_id, parent_id: null })).toBe(true)
  expect(may('DeleteNode', { node_id })).toBe(said.can_delete)
  const parent_id = graph.record(node_id)?.parent_id ?? 'n0'
  expect(may('UnlinkNode', { parent_id, child_id: node_id })).toBe(said.can_unlink)
}

function expectProperties({ graph, blueprint, node_id }: Sample, said: Affordances): void {
  const may = accepts(graph, blueprint)
  const declared = (blueprint?.types ?? []).flatMap(({ properties }) => properties)
  const own = blueprint?.typeOf(graph.record(node_id)?.blueprint_type_id ?? '')?.properties ?? []
  for (const property_id of ['p', 'q', 'r', 'old', 'name']) {
    const listed = said.properties?.find(({ id }) => id === property_id)
    const new_value = FITTING[listed?.type ?? 'text'] ?? null
    const sets = may('UpdateProperty', { node_id, property_id, new_value })
    expect([property_id, sets]).toEqual([property_id, said.properties === null || !!listed])
    const deletes = may('DeleteProperty', { node_id, property_id })
    expect([property_id, deletes]).toEqual([
      property_id,
      said.deletable_properties.includes(property_id),
    ])
  }
  // Known by its uuid, a property belongs to one type.
  for (const each of declared) {
    const new_value = FITTING[each.id === 'name' ? 'text' : each.type] ?? null
    const sets = may('UpdateProperty', { node_id, property_id: each.uuid, new_value })
    const listed = own.includes(each) && said.properties?.some(({ id }) => id === each.id)
    expect([each.id, sets]).toEqual([each.id, listed])
  }
  for (const { id } of said.properties?.filter(({ required }) => required) ?? []) {
    const cleared = may('UpdateProperty', { node_id, property_id: id, new_value: '' })
    expect([id, cleared]).toEqual([id, false])
  }
}

test('[AFF1] what is listed, plan accepts; what is not listed, plan refuses', () => {
  fc.assert(
    fc.property(forest, fc.option(template), (graph, document) => {
      const blueprint = document && parseTemplate(document, 't').blueprint
      for (const { id: node_id } of graph.nodes()) {
        const said = of(graph, node_id, blueprint)
        const sample = { graph, blueprint, node_id }
        expect(said.move_targets.truncated).toBe(false)
        expectStructure(sample, said)
        expectProperties(sample, said)
      }
    }),
    { numRuns: 150 },
  )
})

describe('[AFF1] a film', () => {
  test('its types, properties and options are named', () => {
    const { graph, context } = film()
    const said = of(graph, 'f', context.blueprint)
    expect(said.child_types).toEqual(
      context.blueprint?.allowedChildren('film').map(({ id, label }) => ({ id, label })),
    )
    expect(said).toMatchObject({ can_delete: true, can_unlink: false, can_link: false })
    const scene = of(graph, 's1', context.blueprint)
    expect(scene).toMatchObject({ can_unlink: true, can_link: false })
    expect(scene.move_targets).toEqual({ node_ids: ['f'], truncated: false })
    const type = context.blueprint?.typeOf('scene')
    const status = type?.property('status')
    expect(scene.properties?.find(({ id }) => id === status?.id)).toEqual({
      id: 'status',
      label: status?.label,
      type: 'select',
      required: false,
      options: status?.options,
    })
    expect(scene.properties?.[0]).toMatchObject({ id: 'name', type: 'text' })
  })

  test('without a template anything goes', () => {
    const said = of(plain().graph, 'b', null)
    expect(said).toMatchObject({ child_types: null, properties: null })
    expect(said.move_targets.node_ids).toEqual(['r', 'a', 's'])
  })
})

test('[AFF1] of many move targets the first thousand are named', () => {
  const session = plain()
  session.replace(
    Array.from({ length: MAX_MOVE_TARGETS + 2 }, (_, n) => ({
      id: `n${n}`,
      blueprint_type_id: 't',
      name: '',
      parent_id: null,
      children: [],
      properties: {},
      created_at: NOW,
    })),
  )
  const { node_ids, truncated } = of(session.graph, 'n3', null).move_targets
  expect([node_ids.length, truncated, node_ids[3]]).toEqual([MAX_MOVE_TARGETS, true, 'n4'])
  session.do('ann', 'DeleteNode', { node_id: 'n0' })
  expect(of(session.graph, 'n3', null).move_targets.truncated).toBe(false)
})

test('[FIND1] the answer is about the moment of the question', () => {
  const session = plain()
  const steps = affordances(session.graph, 'a', { blueprint: null })
  session.do('ann', 'DeleteNode', { node_id: 'b' })
  expect(steps && ended(steps).move_targets.node_ids).toEqual(['r', 'b', 'c', 's'])
  expect(affordances(session.graph, 'b', { blueprint: null })).toBeUndefined()
})
