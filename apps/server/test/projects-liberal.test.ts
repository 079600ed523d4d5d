import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { plan, ProjectGraph, type Blueprint } from '@talus/graph'
import type { Node } from '@talus/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { testApp } from './harness.js'
import { exportText, importText } from './projects-reading.js'
import { FILM, REAL_PROJECTS, SAMPLES } from './projects-samples.js'

const NOW = '2026-11-21T12:00:00Z'

function imported(text: string, blueprint: Blueprint | null = null) {
  const result = importText(text, blueprint, NOW)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  const { nodes, envelope, warnings } = result.value
  const graph = ProjectGraph.fromNodes(nodes)
  expect(graph.nodes()).toEqual(nodes)
  return { graph, envelope, warnings, blueprint }
}

type Imported = ReturnType<typeof imported>

function execute({ graph, blueprint }: Imported, command_type: string, data: object): void {
  const context = { blueprint, newId: () => 'new', now: () => NOW }
  const planned = plan(graph, { command_type, data } as never, context)
  if (!planned.ok) throw new Error(planned.error.message)
  graph.apply(planned.value.changes)
}

function exported({ envelope, graph }: Imported): string {
  return exportText(envelope, graph.nodes())
}

/** The tree as text: `a(b c) d`. */
function shape(graph: ProjectGraph, parent: string | null = null): string {
  return graph
    .childrenOf(parent)
    .map((id) => (graph.childCount(id) === 0 ? id : `${id}(${shape(graph, id)})`))
    .join(' ')
}

const file = (nodes: unknown, rest: object = {}) => ({ graph: { id: 'g', nodes, ...rest } })

/** As different programs write the same file. */
const WRITERS: Record<string, (value: unknown) => string> = {
  'in one line': (value) => JSON.stringify(value),
  'with two spaces': (value) => `${JSON.stringify(value, null, 2)}\n`,
  'with a tab': (value) => JSON.stringify(value, null, '\t'),
  'with CRLF': (value) => `${JSON.stringify(value, null, 4).replaceAll('\n', '\r\n')}\r\n`,
  'as Python in one line': (value) =>
    JSON.stringify(value, null, 1).replaceAll(/,\n */g, ', ').replaceAll(/\n */g, ''),
  'in ASCII': (value) =>
    JSON.stringify(value, null, 2).replaceAll(
      /[\u007f-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
}

const type = 't'

/** Files that say the same or less clearly than a forest of lists, and what they mean. */
const READINGS: [what: string, document: object, shape: string, warned: string[]][] = [
  [
    'lists of children',
    file([
      { id: 'a', type, children: ['b'] },
      { id: 'b', type },
    ]),
    'a(b)',
    [],
  ],
  [
    'childIds',
    file([
      { id: 'a', type, childIds: ['c', 'b'] },
      { id: 'b', type },
      { id: 'c', type },
    ]),
    'a(c b)',
    [],
  ],
  [
    'child_ids',
    file([
      { id: 'a', type, child_ids: ['b'] },
      { id: 'b', type },
    ]),
    'a(b)',
    [],
  ],
  [
    'parents',
    file([
      { id: 'b', type, parent_id: 'a' },
      { id: 'a', type, parent_id: null },
      { id: 'c', type, parent_id: 'a' },
    ]),
    'a(b c)',
    [],
  ],
  [
    'parentId, and an empty one',
    file([
      { id: 'a', type, parentId: '' },
      { id: 'b', type, parentId: 'a' },
    ]),
    'a(b)',
    [],
  ],
  [
    'both, in agreement',
    file([
      { id: 'a', type, children: ['b'] },
      { id: 'b', type, parent_id: 'a' },
    ]),
    'a(b)',
    [],
  ],
  [
    'edges',
    file(
      [
        { id: 'a', type },
        { id: 'b', type },
        { id: 'c', type },
      ],
      {
        edges: [
          { source: 'a', target: 'c' },
          { parent: 'a', child: 'b' },
          { note: 1 },
          { parent_id: 'a', child_id: 'b' },
        ],
      },
    ),
    'a(c b)',
    [],
  ],
  [
    'null for everything',
    file([
      {
        id: 'a',
        type,
        name: null,
        properties: null,
        children: null,
        parent_id: null,
        metadata: null,
      },
    ]),
    'a',
    [],
  ],
  [
    'a child twice',
    file([
      { id: 'a', type, children: ['b', 'b'] },
      { id: 'b', type },
    ]),
    'a(b)',
    ['/graph/nodes/0/children/1'],
  ],
  [
    'a child that is not there',
    file([
      { id: 'a', type, children: ['x', 'b'] },
      { id: 'b', type },
    ]),
    'a(b)',
    ['/graph/nodes/0/children/0'],
  ],
  [
    'children that are none',
    file([
      { id: 'a', type, children: [null, '', 'b', {}] },
      { id: 'b', type },
    ]),
    'a(b)',
    ['/graph/nodes/0/children/0', '/graph/nodes/0/children/1', '/graph/nodes/0/children/3'],
  ],
  [
    'two parents',
    file([
      { id: 'a', type, children: ['c'] },
      { id: 'b', type, children: ['c'] },
      { id: 'c', type },
    ]),
    'a(c) b',
    ['/graph/nodes/1/children/0'],
  ],
  [
    'a parent that is not there',
    file([{ id: 'a', type, parent_id: 'x' }]),
    'a',
    ['/graph/nodes/0/parent_id'],
  ],
  [
    'a parent that does not list it so',
    file([
      { id: 'a', type, children: ['c'] },
      { id: 'b', type },
      { id: 'c', type, parent_id: 'b' },
    ]),
    'a(c) b',
    ['/graph/nodes/2/parent_id'],
  ],
  [
    'a node that is its own parent',
    file([{ id: 'a', type, parent_id: 'a' }]),
    'a',
    ['/graph/nodes/0/parent_id'],
  ],
  [
    'parents in a circle',
    file([
      { id: 'a', type, parent_id: 'b' },
      { id: 'b', type, parent_id: 'a' },
    ]),
    'a(b)',
    ['/graph/nodes/0/parent_id'],
  ],
  [
    'an edge that closes a circle',
    file(
      [
        { id: 'a', type, children: ['b'] },
        { id: 'b', type },
      ],
      { edges: [{ source: 'b', target: 'a' }] },
    ),
    'a(b)',
    ['/graph/edges/0'],
  ],
  ['nodes by their ids', file({ a: { type, children: ['b'] }, b: { id: 'b', type } }), 'a(b)', []],
  [
    'nodes beside everything else',
    {
      version: '1.0',
      nodes: {
        a: { id: 'a', type, name: 'A', parent_id: null },
        b: { id: 'b', type, parent_id: 'a' },
      },
    },
    'a(b)',
    [],
  ],
  [
    'a list of nodes beside everything else',
    { nodes: [{ id: 'a', type }], template_id: null },
    'a',
    [],
  ],
  [
    'the type under another name',
    file([{ id: 'a', blueprint_type_id: 't', children: [] }]),
    'a',
    [],
  ],
  [
    'numbers as ids',
    file([
      { id: 1, type, children: [2] },
      { id: 2, type },
    ]),
    '1(2)',
    [],
  ],
  [
    'a template that is no text',
    { template_id: 5, ...file([{ id: 'a', type }]) },
    'a',
    ['/template_id'],
  ],
]

describe.each(Object.entries(WRITERS))('[FILE1] a file %s', (_, write) => {
  test.each(READINGS)('%s', (__, document, expected, warned) => {
    const text = write(document)
    const project = imported(text)
    expect(shape(project.graph)).toBe(expected)
    expect(project.warnings.map(({ path }) => path)).toEqual(warned)
    for (const { reason, done } of project.warnings) expect(reason && done).toBeTruthy()
    expect(exported(project)).toBe(text)
  })

  test.each(READINGS)('%s, moved and moved back', (__, document, expected) => {
    const text = write(document)
    const project = imported(text)
    const [first = ''] = project.graph.childrenOf(null)
    execute(project, 'CreateNode', { blueprint_type_id: type, node_id: 'new', name: 'New' })
    execute(project, 'MoveNode', { node_id: first, parent_id: 'new' })
    const again = imported(exported(project))
    expect(shape(again.graph)).toBe(shape(project.graph))
    execute(project, 'MoveNode', { node_id: first, parent_id: null, position: { at: 'start' } })
    execute(project, 'DeleteNode', { node_id: 'new' })
    expect(shape(project.graph)).toBe(expected)
    expect(exported(project)).toBe(text)
  })
})

describe('[FILE1] ids that no node can have', () => {
  const document = file([
    { id: 'Küche 1', type, children: ['a b', 'c'], parent_id: null },
    { id: 'a b', type, parent_id: 'Küche 1' },
    { id: 'c', type, name: 'C', parent_id: 'Küche 1' },
  ])

  test.each(Object.entries(WRITERS))('stand for those of the Flask backend: %s', (_, write) => {
    const text = write(document)
    const project = imported(text)
    const [root = ''] = project.graph.childrenOf(null)
    // uuid5(NAMESPACE_DNS, 'Küche 1') of Python.
    expect(root).toBe('c752c57f-5f59-57b4-9f46-1f9bce39cd67')
    expect(project.graph.childrenOf(root)).toHaveLength(2)
    expect(project.warnings.map(({ path }) => path)).toEqual([
      '/graph/nodes/0/id',
      '/graph/nodes/1/id',
    ])
    expect(exported(project)).toBe(text)
    execute(project, 'UpdateProperty', { node_id: root, property_id: 'name', new_value: 'Kitchen' })
    const [node] = (JSON.parse(exported(project)) as { graph: { nodes: object[] } }).graph.nodes
    expect(node).toEqual({
      id: 'Küche 1',
      type,
      children: ['a b', 'c'],
      parent_id: null,
      name: 'Kitchen',
    })
  })
})

describe('[FILE2] an unedited file comes out to the letter', () => {
  const REAL = existsSync(REAL_PROJECTS) ? readdirSync(REAL_PROJECTS) : []

  test.each(SAMPLES)('$name', ({ name, document, blueprint }) => {
    const text = REAL.includes(name)
      ? readFileSync(join(REAL_PROJECTS, name), 'utf8')
      : JSON.stringify(document, null, 2)
    for (const rules of [blueprint, null]) {
      const project = imported(text, rules)
      expect(exported(project)).toBe(text)
    }
  })

  test.each(SAMPLES)(
    'after an edit of each node that is taken back: $name',
    ({ name, document }) => {
      const text = REAL.includes(name)
        ? readFileSync(join(REAL_PROJECTS, name), 'utf8')
        : JSON.stringify(document, null, 2)
      const project = imported(text)
      for (const { id, name: before, properties } of project.graph.nodes().slice(0, 40)) {
        execute(project, 'UpdateProperty', {
          node_id: id,
          property_id: 'name',
          new_value: 'Edited',
        })
        const edited = exported(project).split('\n')
        const lines = text.split('\n')
        const known = new Set(lines)
        const changed = edited.filter((line) => !known.has(line))
        // Its name, in its own key and as a property, and a comma before it.
        expect(changed.length).toBeLessThanOrEqual(3)
        execute(project, 'UpdateProperty', { node_id: id, property_id: 'name', new_value: before })
        for (const [property_id, value] of Object.entries(properties)) {
          if (property_id === 'name') continue
          execute(project, 'DeleteProperty', { node_id: id, property_id })
          execute(project, 'UpdateProperty', { node_id: id, property_id, new_value: value })
        }
      }
      expect(exported(project)).toBe(text)
    },
  )

  test('however it writes numbers, texts, keys and space', () => {
    const text = `{ "b": 1.0,
  "graph": {"nodes": [
    {"type":"t", "10": 1.50, "id" : "a", "properties": {"name": "A\\u00e9\\/", "z": 1e3, "9": [1,  2], "b": -0.0}, "extra": 1234567890.12345678901234567890 },

    { "id": "b","type": "t" , "children":[] }   ,
    {"id":"c","type":"t","id":"c"}
  ] , "last": "\\ud83d\\ude00" } }\n\n`
    const project = imported(text)
    expect(exported(project)).toBe(text)
    execute(project, 'UpdateProperty', { node_id: 'a', property_id: 'z', new_value: 7 })
    expect(exported(project)).toBe(text.replace('1e3', '7'))
    execute(project, 'UpdateProperty', { node_id: 'a', property_id: 'new', new_value: 'x' })
    expect(exported(project)).toBe(
      text.replace('1e3, "9": [1,  2], "b": -0.0', '7, "9": [1,  2], "b": -0.0, "new": "x"'),
    )
  })

  test('and a chosen template changes its own line only', async () => {
    await using app = await testApp()
    const document = {
      ...file([{ id: 'a', type: 'shot', name: 'A', properties: {}, children: [] }]),
      template_id: 'none',
      x: 1.0,
    }
    const text = JSON.stringify(document, null, 2)
    const headers = { 'content-type': 'application/json' }
    const url = `${app.url}/api/v1/projects/import?template_id=film-production`
    const opened = (await (await fetch(url, { method: 'POST', headers, body: text })).json()) as {
      project_id: string
      warnings: unknown[]
    }
    expect(opened).toMatchObject({ warnings: [], more_warnings: 0 })
    const answer = await fetch(`${app.url}/api/v1/projects/${opened.project_id}/export`)
    expect(await answer.text()).toBe(text.replace('"none"', '"film-production"'))
  })
})

describe('[FILE1] warnings', () => {
  test('are in the answer, the first hundred and how many more', async () => {
    await using app = await testApp()
    const children = Array.from({ length: 150 }, (_, n) => `gone-${n}`)
    const document = { template_id: 'no-such', ...file([{ id: 'a', type: 't', children }]) }
    const { status, body } = await app.api('POST', '/projects/import', document)
    expect(status).toBe(201)
    const warnings = body['warnings'] as { path: string }[]
    expect(warnings[0]).toMatchObject({ path: '/template_id' })
    expect(warnings[1]).toMatchObject({ path: '/graph/nodes/0/children/0' })
    expect([warnings.length, body['more_warnings']]).toEqual([101, 50])
    expect(body['graph']).toMatchObject({ template_id: null, nodes: [{ id: 'a', children: [] }] })
  })
})

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, 'true', ''),
)
const anyValue = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    leaf,
    { maxKeys: 3 },
  ),
)
const someId = fc.constantFrom('a', 'b', 'c', 'd', 'é 1', 'f g')
const drawn = fc.record(
  {
    type: fc.constantFrom('shot', 'film', 'gone'),
    name: fc.constantFrom<(string | number | null)[]>('A', '', 7, null),
    properties: fc.option(
      fc.dictionary(fc.constantFrom('name', 'seconds', '12', 'other'), anyValue, { maxKeys: 4 }),
    ),
    children: fc.option(fc.array(fc.oneof(someId, fc.constant(null)), { maxLength: 3 })),
    childIds: fc.array(someId, { maxLength: 2 }),
    parent_id: fc.option(someId),
    metadata: anyValue,
    'icon id': anyValue,
    created_at: fc.constantFrom<unknown[]>('2024-05-01T10:00:00Z', 'May', 5),
  },
  { requiredKeys: ['type'] },
)
const edge = fc.record({ source: someId, target: someId })
const odd = fc
  .record({
    nodes: fc.dictionary(someId, drawn),
    keyed: fc.boolean(),
    edges: fc.option(fc.array(edge, { maxLength: 4 })),
    write: fc.constantFrom(...Object.values(WRITERS)),
  })
  .map(({ nodes, keyed, edges, write }) => {
    const list = Object.entries(nodes).map(([id, node]) => ({ id, ...node }))
    return write(file(keyed ? nodes : list, edges ? { edges } : {}))
  })

test('[FILE1] [FILE2] whatever is read comes out to the letter, and is read again as it was edited', () => {
  fc.assert(
    fc.property(
      odd,
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(), fc.option(fc.nat()))),
      (text, onFilm, moves) => {
        const rules = onFilm ? FILM : null
        const read = importText(text, rules, NOW)
        // What else is refused makes this throw.
        if (!read.ok && read.error.code === 'CYCLE_DETECTED') return
        const project = imported(text, rules)
        expect(exported(project)).toBe(text)
        const ids = project.graph.nodes().map(({ id }) => id)
        for (const [from, to] of moves) {
          const data = {
            node_id: ids[from % ids.length],
            parent_id: to === null ? null : (ids[to % ids.length] ?? null),
          }
          const context = { blueprint: null, newId: () => 'new', now: () => NOW }
          const planned = plan(project.graph, { command_type: 'MoveNode', data } as never, context)
          if (planned.ok) project.graph.apply(planned.value.changes)
        }
        const again = imported(exported(project), rules)
        const seen = (nodes: Node[]) =>
          nodes.map(({ id, name, parent_id, children, properties }) => ({
            id,
            name,
            parent_id,
            children,
            properties,
          }))
        expect(seen(again.graph.nodes())).toEqual(seen(project.graph.nodes()))
      },
    ),
    { numRuns: 400 },
  )
})
