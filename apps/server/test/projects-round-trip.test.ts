import { plan, ProjectGraph } from '@talus/graph'
import type { Command, DocumentNode, ProjectDocument } from '@talus/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportDocument, importDocument } from './projects-reading.js'
import { FILM, uuidOf } from './projects-samples.js'

const NOW = '2026-11-21T12:00:00Z'

const TYPES = ['film', 'shot', FILM.typeOf('scene')?.uuid ?? '', 'gone']
const NAMES = ['name', uuidOf('film', 'name'), uuidOf('shot', 'name'), uuidOf('scene', 'name')]

const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant([{ a: '' }]))

const properties = fc.dictionary(fc.constantFrom(...NAMES, 'pages', 'other'), value)

/** A node without its place: every key but two may be missing. */
const content = fc.record(
  {
    type: fc.constantFrom(...TYPES),
    name: fc.constantFrom('', 'A', 'B'),
    properties,
    metadata: fc.oneof(fc.constant({}), value),
    created_at: fc.constantFrom('2024-05-01T10:00:00Z', '2024-05-01T10:00:00.5', 'May'),
    icon_id: value,
  },
  { requiredKeys: ['type'] },
)

const drawn = fc.record({
  content,
  /** Which of the nodes before it is the parent; none when it is the node itself. */
  parent: fc.nat(),
  listed: fc.nat(),
  childless: fc.boolean(),
})

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never

/** A random forest whose list and whose children stand in orders that have nothing to do with it. */
function documentOf(list: readonly Drawn[], rest: object): ProjectDocument {
  const children = list.map((): string[] => [])
  for (const [i, { parent, listed }] of list.entries()) {
    const chosen = parent % (i + 1)
    const siblings = children[chosen]
    if (chosen < i) siblings?.splice(listed % (siblings.length + 1), 0, `n${i}`)
  }
  const nodes = list.map((each, i): DocumentNode => {
    const below = children[i] ?? []
    const omitted = each.childless && below.length === 0
    return { id: `n${i}`, ...each.content, ...(omitted ? {} : { children: below }) } as DocumentNode
  })
  const order = new Map(list.map(({ listed }, i) => [`n${i}`, listed]))
  nodes.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
  return { ...rest, graph: { ...rest, nodes } }
}

const document = fc
  .tuple(fc.array(drawn, { maxLength: 25 }), fc.dictionary(fc.constantFrom('x', 'id'), fc.string()))
  .map(([list, rest]) => documentOf(list, rest))

const blueprint = fc.constantFrom(FILM, null)

function imported(file: ProjectDocument, rules: typeof FILM | null) {
  const result = importDocument(file, rules, NOW)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

test('a random file comes out as it went in', () => {
  fc.assert(
    fc.property(document, blueprint, (file, rules) => {
      const { nodes, envelope } = imported(file, rules)
      const graph = ProjectGraph.fromNodes(nodes)
      expect(graph.nodes()).toEqual(nodes)
      expect(exportDocument(envelope, graph.nodes())).toEqual(file)
    }),
  )
})

const node_id = fc.nat({ max: 29 }).map((i) => `n${i}`)
const position = fc.nat({ max: 30 }).map((index) => ({ index }))
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    command_type: fc.constant('UpdateProperty' as const),
    data: fc.record({
      node_id,
      property_id: fc.constantFrom('name', 'pages'),
      new_value: fc.constantFrom('A', 'X', '7'),
    }),
  }),
  fc.record({
    command_type: fc.constant('MoveNode' as const),
    data: fc.record({ node_id, parent_id: fc.option(node_id), position }),
  }),
  fc.record({
    command_type: fc.constant('CreateNode' as const),
    data: fc.record({
      node_id,
      blueprint_type_id: fc.constantFrom(...TYPES),
      name: fc.constant('New'),
      parent_id: fc.option(node_id),
      position,
    }),
  }),
  fc.record({ command_type: fc.constant('DeleteNode' as const), data: fc.record({ node_id }) }),
)

test('what an edited project exports is understood as that project', () => {
  fc.assert(
    fc.property(document, blueprint, fc.array(command), (file, rules, commands) => {
      const { nodes, envelope } = imported(file, rules)
      const graph = ProjectGraph.fromNodes(nodes)
      for (const each of commands) {
        const context = { blueprint: rules, newId: () => 'unused', now: () => NOW }
        const planned = plan(graph, each, context)
        if (planned.ok) graph.apply(planned.value.changes)
      }
      const again = imported(exportDocument(envelope, graph.nodes()), rules).nodes
      const seen = (list: typeof nodes) =>
        list.map(({ id, name, blueprint_type_id, parent_id, children, properties, ...rest }) => {
          const { pages, other } = properties
          const { metadata, extra } = rest
          const own = { name, pages, other, metadata, extra }
          return { id, blueprint_type_id, parent_id, children, ...own }
        })
      expect(seen(again)).toEqual(seen(graph.nodes()))
    }),
    { numRuns: 500 },
  )
})
