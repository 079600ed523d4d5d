import { plan, ProjectGraph, type Blueprint } from '@talus/graph'
import type { DocumentNode, Node, ProjectDocument } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { exportDocument, importDocument, type ImportedProject } from './projects-reading.js'
import { orphansJson } from '../src/projects/file-style.js'
import { FILM, SAMPLES, uuidOf } from './projects-samples.js'

const NOW = '2026-11-21T12:00:00Z'

function imported(document: ProjectDocument, blueprint: Blueprint | null): ImportedProject {
  const result = importDocument(document, blueprint, NOW)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function orphans(document: ProjectDocument, blueprint: Blueprint | null): unknown {
  const { nodes } = imported(document, blueprint)
  return JSON.parse([...orphansJson(() => nodes, blueprint)].join(''))
}

function refused(nodes: DocumentNode[]) {
  const result = importDocument({ graph: { nodes } }, null, NOW)
  return result.ok ? undefined : result.error
}

function only(node: object): ProjectDocument {
  return { graph: { nodes: [{ id: 'a', type: 'shot', ...node }] } }
}

/** The only node of a file after a rename, as an export writes it. */
function renamed(document: ProjectDocument, name: string): DocumentNode | undefined {
  const { nodes, envelope } = imported(document, FILM)
  const graph = ProjectGraph.fromNodes(nodes)
  const data = { node_id: 'a', property_id: 'name', new_value: name }
  const context = { blueprint: FILM, newId: () => 'n', now: () => NOW }
  const planned = plan(graph, { command_type: 'UpdateProperty', data }, context)
  if (!planned.ok) throw new Error(planned.error.message)
  graph.apply(planned.value.changes)
  return exportDocument(envelope, graph.nodes()).graph.nodes[0]
}

describe('an import followed by an export', () => {
  test.each(SAMPLES)('gives the file again: $name', ({ document, blueprint }) => {
    const { nodes, envelope } = imported(document, blueprint)
    expect(exportDocument(envelope, nodes)).toEqual(document)
    // As the service does it: the nodes through the graph.
    expect(exportDocument(envelope, ProjectGraph.fromNodes(nodes).nodes())).toEqual(document)
  })

  test.each(SAMPLES)('nodes are what the graph shows: $name', ({ document, blueprint }) => {
    const { nodes } = imported(document, blueprint)
    expect(ProjectGraph.fromNodes(nodes).nodes()).toEqual(nodes)
  })

  test('keeps the order of keys', () => {
    for (const { document, blueprint } of SAMPLES.filter(({ name }) => name.endsWith('.json'))) {
      const { nodes, envelope } = imported(document, blueprint)
      const [first] = exportDocument(envelope, nodes).graph.nodes
      expect(Object.keys(first ?? {})).toEqual(Object.keys(document.graph.nodes[0] ?? {}))
    }
  })
})

describe('the name of a node', () => {
  test.each([
    { at: 'its own key', node: { name: 'A', properties: { name: 'B' } }, name: 'A' },
    { at: 'a name property', node: { properties: { name: 'B' } }, name: 'B' },
    { at: 'the uuid', node: { properties: { [uuidOf('shot', 'name')]: 'C' } }, name: 'C' },
    { at: 'a number', node: { properties: { name: 7 } }, name: '7' },
    { at: 'no place', node: { properties: { seconds: 7 } }, name: '' },
  ])('is read from $at', ({ node, name }) => {
    expect(imported(only(node), FILM).nodes[0]?.name).toBe(name)
  })

  test.each([
    { node: { name: 'A' }, shows: { name: 'X' } },
    { node: { properties: { name: 'A' } }, shows: { properties: { name: 'X' } } },
    {
      node: { name: 'A', properties: { name: 'B', [uuidOf('shot', 'name')]: 'A' } },
      shows: { name: 'X', properties: { name: 'X', [uuidOf('shot', 'name')]: 'X' } },
    },
    {
      node: { properties: { [uuidOf('shot', 'name')]: 'A' } },
      shows: { properties: { [uuidOf('shot', 'name')]: 'X' } },
    },
    { node: { properties: { seconds: 1 } }, shows: { name: 'X', properties: { seconds: 1 } } },
  ])('shows a rename wherever the file had it: $node', ({ node, shows }) => {
    expect(renamed(only(node), 'X')).toEqual({ id: 'a', type: 'shot', ...shows })
  })

  test('shows a rename that its property missed, for want of the template', () => {
    const key = uuidOf('shot', 'name')
    const { nodes, envelope } = imported(only({ properties: { [key]: 'A' } }), FILM)
    const after = nodes.map((node) => ({ ...node, name: 'X' }))
    const [node] = exportDocument(envelope, after).graph.nodes
    expect(node).toEqual({ id: 'a', type: 'shot', name: 'X', properties: { [key]: 'A' } })
  })
})

describe('an export', () => {
  const added: Node = {
    id: 'b',
    blueprint_type_id: 'shot',
    name: 'New',
    parent_id: null,
    children: [],
    properties: { seconds: 5 },
    created_at: NOW,
  }

  test('writes later nodes after those of the file', () => {
    const { nodes, envelope } = imported(only({}), null)
    const later = exportDocument(envelope, [...nodes, added]).graph.nodes
    expect(later).toEqual([
      { id: 'a', type: 'shot' },
      {
        id: 'b',
        type: 'shot',
        name: 'New',
        properties: { seconds: 5 },
        children: [],
        created_at: NOW,
      },
    ])
  })

  test('tells the order of roots by the order of the list', () => {
    const { nodes, envelope } = imported(only({}), null)
    const later = exportDocument(envelope, [added, ...nodes]).graph.nodes
    expect(later.map(({ id }) => id)).toEqual(['b', 'a'])
  })

  test('writes children and properties that a node without such keys got later', () => {
    const { nodes, envelope } = imported(only({}), null)
    const filled = nodes.map((node) => ({ ...node, children: ['b'], properties: { x: 1 } }))
    const child = { ...added, parent_id: 'a' }
    const [first] = exportDocument(envelope, [...filled, child]).graph.nodes
    expect(first).toEqual({ id: 'a', type: 'shot', properties: { x: 1 }, children: ['b'] })
  })
})

describe('a file that is no forest', () => {
  const node = (id: string, ...children: string[]): DocumentNode => ({ id, type: 't', children })

  test.each([
    {
      what: 'an id twice',
      nodes: [node('a'), node('b'), node('a')],
      error: { code: 'NODE_EXISTS', path: '/graph/nodes/2/id', names: ["'a'"] },
    },
    {
      what: 'a node below itself',
      nodes: [node('r'), node('a', 'a')],
      error: { code: 'CYCLE_DETECTED', path: '/graph/nodes/1', names: ["'a'"] },
    },
    {
      what: 'a cycle with a tail',
      nodes: [node('t'), node('r'), node('a', 'b'), node('b', 'a', 't')],
      error: { code: 'CYCLE_DETECTED', path: '/graph/nodes/3', names: ["'b'"] },
    },
  ])('is refused, by name: $what', ({ nodes, error }) => {
    const found = refused(nodes)
    expect(found).toMatchObject({ code: error.code, details: [{ path: error.path }] })
    for (const name of error.names) expect(found?.message).toContain(name)
  })

  test('may be 10,000 deep', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => node(`n${i}`, `n${i + 1}`))
    const document = { graph: { nodes: [...chain, node('n10000')].toReversed() } }
    const { nodes, envelope } = imported(document, null)
    expect(nodes[10_000]).toMatchObject({ id: 'n10000', parent_id: 'n9999' })
    expect(exportDocument(envelope, nodes)).toEqual(document)
  })

  test('may have 100,000 siblings', () => {
    const leaves = Array.from({ length: 100_000 }, (_, i) => node(`n${i}`))
    const root = node('root', ...leaves.map(({ id }) => id).toReversed())
    const { nodes, envelope } = imported({ graph: { nodes: [...leaves, root] } }, null)
    expect(nodes[1]).toMatchObject({ id: 'n99999', parent_id: 'root' })
    expect(exportDocument(envelope, nodes).graph.nodes.at(-1)).toEqual(root)
  })
})

describe('orphans', () => {
  test('are nodes and properties that the template does not have', () => {
    const known = { [uuidOf('shot', 'seconds')]: 1, camera: 'c', name: 'A' }
    const document = only({ properties: { ...known, lens: '50mm' } })
    document.graph.nodes.push({ id: 'b', type: 'drone', properties: { any: 1 } })
    expect(orphans(document, FILM)).toEqual({
      nodes: ['b'],
      properties: [{ node_id: 'a', property_id: 'lens' }],
    })
    expect(orphans(document, null)).toEqual({ nodes: [], properties: [] })
  })

  test.runIf(SAMPLES.some(({ name }) => name.startsWith('orphan_test')))(
    'are found in the real project that was made for it',
    () => {
      const sample = SAMPLES.find(({ name }) => name.startsWith('orphan_test'))
      const found = orphans(sample?.document ?? only({}), sample?.blueprint ?? null)
      const task = 'ot-task-0004-0000-0000-000000000004'
      expect(found).toEqual({
        nodes: ['ot-widg-0005-0000-0000-000000000005'],
        properties: [
          { node_id: task, property_id: 'risk_level' },
          { node_id: task, property_id: 'sprint_estimate' },
        ],
      })
    },
  )
})
