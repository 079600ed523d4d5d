import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, JsonValue, Node } from '@talus/protocol'
import { diff, invert, ProjectGraph } from '../src/index.js'
import { expectForest, imageOf } from './invariants.js'
import { moves, openSession, run } from './random-session.js'
import { NOW } from './session.js'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

type Plan = { id: string; under: number; at: number; name: string; x: JsonValue; made: boolean }

/** Any forest over ten ids: which of them there are, where, in which order, and what they hold. */
const forests = fc
  .shuffledSubarray(IDS)
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({
          id: fc.constant(id),
          under: fc.nat(12),
          at: fc.nat(3),
          name: fc.constantFrom(id, 'other'),
          x: fc.constantFrom<JsonValue>(null, 1, [1], { a: 1 }),
          made: fc.boolean(),
        }),
      ),
    ),
  )
  .map((plans) => forestOf(plans))

function forestOf(plans: readonly Plan[]): ProjectGraph {
  const graph = ProjectGraph.empty()
  for (const [n, { id, under, at, name, x, made }] of plans.entries()) {
    const parent_id = plans[under % (n + 2)]?.id ?? null
    const node = nodeOf(id, graph.has(parent_id ?? '') ? parent_id : null)
    const index = Math.min(at, graph.childCount(node.parent_id))
    graph.apply([
      {
        type: 'node-added',
        node: { ...node, name, properties: made ? { x } : { y: x } },
        parent_id: node.parent_id,
        index,
      },
    ])
  }
  return graph
}

function nodeOf(id: string, parent_id: string | null = null, more: Partial<Node> = {}): Node {
  const core = { id, blueprint_type_id: 't', name: id, parent_id, children: [], created_at: NOW }
  return { ...core, properties: {}, ...more }
}

function contentOf(graph: ProjectGraph) {
  return { roots: graph.roots(), nodes: graph.nodes() }
}

/** `diff` leads there, and back; it changes neither graph. */
function expectDiff(from: ProjectGraph, to: ProjectGraph): Change[] {
  const before = [imageOf(from), imageOf(to)]
  const changes = diff(from, to)
  expect([imageOf(from), imageOf(to)]).toEqual(before)
  const copy = ProjectGraph.restore(from.nodes(), from.retired())
  // As it travels: whatever is lost in JSON must not matter.
  copy.apply(JSON.parse(JSON.stringify(changes)) as Change[])
  expect(contentOf(copy)).toEqual(contentOf(to))
  expectForest(copy)
  copy.apply(invert(changes))
  expect(contentOf(copy)).toEqual(contentOf(from))
  return changes
}

const siblings = (...ids: string[]) => ProjectGraph.fromNodes(ids.map((id) => nodeOf(id)))

describe('[HIST3] the difference of two graphs', () => {
  test('leads from any forest to any other, and back', () => {
    fc.assert(
      fc.property(forests, forests, (from, to) => {
        const changes = expectDiff(from, to)
        const isSame = isDeepStrictEqual(contentOf(from), contentOf(to))
        expect(changes.length === 0).toBe(isSame)
      }),
      { numRuns: 1_000 },
    )
  })

  test('leads from any moment of a session to any other', () => {
    fc.assert(
      fc.property(moves(40), moves(40), (some, more) => {
        const session = openSession()
        for (const move of some) run(session, move, 3)
        const earlier = ProjectGraph.fromNodes(session.graph.nodes())
        for (const move of more) run(session, move, 3)
        const there = expectDiff(session.graph, earlier)
        const back = expectDiff(earlier, session.graph)
        expect(there.length === 0).toBe(back.length === 0)
      }),
      { numRuns: 200 },
    )
  })

  test('is empty between equals', () => {
    fc.assert(
      fc.property(forests, (graph) => {
        expect(diff(graph, ProjectGraph.fromNodes(graph.nodes()))).toEqual([])
      }),
    )
  })

  test.each([
    [['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'], 1],
    [['a', 'b', 'c', 'd'], ['b', 'c', 'd', 'a'], 1],
    [['a', 'b', 'c', 'd'], ['d', 'c', 'b', 'a'], 3],
    [['a', 'b', 'c', 'd'], ['c', 'a', 'd', 'b'], 2],
    [['a', 'b', 'c', 'd'], ['a', 'd'], 2],
    [['a'], ['x', 'a', 'y'], 2],
  ])('%j becomes %j by %i changes', (from, to, count) => {
    expect(expectDiff(siblings(...from), siblings(...to))).toHaveLength(count)
  })

  test('a parent and a child change places without a cycle', () => {
    const from = ProjectGraph.fromNodes([nodeOf('a'), nodeOf('b', 'a'), nodeOf('c', 'b')])
    const to = ProjectGraph.fromNodes([nodeOf('c'), nodeOf('b', 'c'), nodeOf('a', 'b')])
    expect(expectDiff(from, to).every(({ type }) => type === 'node-moved')).toBe(true)
  })

  test('what is kept leaves a subtree that goes; the rest goes leaves first', () => {
    const from = ProjectGraph.fromNodes([nodeOf('a'), nodeOf('b', 'a'), nodeOf('c', 'b')])
    const changes = expectDiff(from, siblings('c'))
    expect(changes.map(({ type }) => type)).toEqual(['node-moved', 'node-removed', 'node-removed'])
  })

  test('a property that was set, changed and removed shows as it is in the end', () => {
    const from = ProjectGraph.fromNodes([nodeOf('a', null, { properties: { x: 1, z: [1] } })])
    const to = ProjectGraph.fromNodes([
      nodeOf('a', null, { name: 'A', properties: { y: 2, z: [1] } }),
    ])
    const set = { type: 'property-set', node_id: 'a' }
    expect(expectDiff(from, to)).toEqual([
      { ...set, property_id: 'name', old_value: 'a', new_value: 'A' },
      { ...set, property_id: 'x', old_value: 1 },
      { ...set, property_id: 'y', new_value: 2 },
    ])
  })

  test('a node that differs in what nobody can set is made again, with what stands below it', () => {
    const below = (type: string) =>
      ProjectGraph.fromNodes([
        nodeOf('a', null, { blueprint_type_id: type }),
        nodeOf('b', 'a'),
        nodeOf('c', 'a'),
      ])
    // The children wait among the roots.
    expect(expectDiff(below('t'), below('u'))).toHaveLength(6)
    expectDiff(below('t'), siblings('c', 'b', 'a'))
    for (const more of [
      { metadata: 1 },
      { extra: { k: 1 } },
      { created_at: '2020-01-01T00:00:00Z' },
    ]) {
      expectDiff(siblings('a'), ProjectGraph.fromNodes([nodeOf('a', null, more)]))
    }
  })

  test('a name that an imported file keeps twice follows in both places', () => {
    const origin = { name: 'file', named: true, name_property: 'File' }
    const named = (name: string) => ProjectGraph.fromNodes([nodeOf('a', null, { name, origin })])
    expect(expectDiff(named('file'), named('new'))).toHaveLength(1)
  })

  test('long lists and deep chains are no matter of the stack', () => {
    const wide = (order: number) =>
      ProjectGraph.fromNodes(
        Array.from({ length: 20_000 }, (_, n) => nodeOf(`n${order < 0 ? 20_000 - n : n + 1}`)),
      )
    expect(diff(wide(1), wide(-1))).toHaveLength(19_999)
    const deep = ProjectGraph.fromNodes(
      Array.from({ length: 20_000 }, (_, n) => nodeOf(`n${n}`, n === 0 ? null : `n${n - 1}`)),
    )
    expect(diff(deep, ProjectGraph.empty())).toHaveLength(20_000)
    expect(diff(ProjectGraph.empty(), deep)).toHaveLength(20_000)
  })
})
