import { describe, expect, test } from 'vitest'
import type { Change, Node } from '@talus/protocol'
import { invert, ProjectGraph, sameJson } from '../src/index.js'
import { expectForest, expectReversible, imageOf } from './invariants.js'
import { NOW } from './session.js'

function node(id: string, parent_id: string | null = null, more: Partial<Node> = {}): Node {
  const core = { id, blueprint_type_id: 'task', name: id, parent_id, children: [], created_at: NOW }
  return { ...core, properties: {}, ...more }
}

/** a(b(d), c), e */
const family = () =>
  ProjectGraph.fromNodes([node('a'), node('b', 'a'), node('d', 'b'), node('c', 'a'), node('e')])

const added = (id: string, parent_id: string | null, index: number): Change => ({
  type: 'node-added',
  node: node(id, parent_id),
  parent_id,
  index,
})
const removed = (id: string, parent_id: string | null, index: number): Change =>
  ({
    ...added(id, parent_id, index),
    type: 'node-removed',
  }) as Change
const moved = (
  node_id: string,
  from: [string | null, number],
  to: [string | null, number],
): Change => ({
  type: 'node-moved',
  node_id,
  from: { parent_id: from[0], index: from[1] },
  to: { parent_id: to[0], index: to[1] },
})

describe('reading', () => {
  test('[TREE1] nodes in pre-order become a forest in that order', () => {
    const graph = family()
    expect(graph.size).toBe(5)
    expect(graph.roots()).toEqual(['a', 'e'])
    expect(graph.childrenOf('a')).toEqual(['b', 'c'])
    expect(graph.childrenOf('nobody')).toEqual([])
    expect(graph.indexOf('c')).toBe(1)
    expect(graph.indexOf('nobody')).toBe(-1)
    expect(graph.nodes().map((each) => each.id)).toEqual(['a', 'b', 'd', 'c', 'e'])
    expect(graph.node('a')).toEqual(node('a', null, { children: ['b', 'c'] }))
    expect([graph.node('x'), graph.record('x'), graph.has('x')]).toEqual([
      undefined,
      undefined,
      false,
    ])
    expectForest(graph)
  })

  test('[TREE1] nodes that are no forest in pre-order are a bug', () => {
    expect(() => ProjectGraph.fromNodes([node('a'), node('a')])).toThrow('twice')
    expect(() => ProjectGraph.fromNodes([node('b', 'a'), node('a')])).toThrow('before its parent')
  })

  test('[TREE1] knows who stands below whom', () => {
    const graph = family()
    expect(graph.isWithin('d', 'a')).toBe(true)
    expect(graph.isWithin('a', 'a')).toBe(true)
    expect(graph.isWithin('e', 'e')).toBe(true)
    expect(graph.isWithin('a', 'd')).toBe(false)
    expect(graph.isWithin('e', 'a')).toBe(false)
    expect([...graph.preorder('b')].map((record) => record.id)).toEqual(['b', 'd'])
  })

  test('records and lists keep their identity until they change', () => {
    const graph = family()
    const [a, b, children] = [graph.record('a'), graph.record('b'), graph.childrenOf('a')]
    graph.apply([{ type: 'property-set', node_id: 'b', property_id: 'x', new_value: 1 }])
    expect(graph.record('a')).toBe(a)
    expect(graph.record('b')).not.toBe(b)
    expect(graph.childrenOf('a')).toBe(children)
    expect(b?.properties).toEqual({})
  })

  test('[TREE4] the name property of an imported node follows its name', () => {
    const origin = { name: 'Dusk', named: true, name_property: 'DUSK' }
    const imported = node('a', null, { name: 'Dusk', origin, properties: { x: 1, name: 'DUSK' } })
    const graph = ProjectGraph.fromNodes([imported])
    expect(graph.record('a')?.properties).toEqual({ x: 1 })
    expect(graph.node('a')).toEqual(imported)
    const renamed = { type: 'property-set', node_id: 'a', property_id: 'name' } as const
    graph.apply([{ ...renamed, old_value: 'Dusk', new_value: 'Dawn' }])
    expect(graph.node('a')).toMatchObject({ name: 'Dawn', properties: { x: 1, name: 'Dawn' } })
    expect(ProjectGraph.fromNodes(graph.nodes()).nodes()).toEqual(graph.nodes())
    graph.apply([{ ...renamed, old_value: 'Dawn', new_value: 'Dusk' }])
    expect(graph.node('a')).toEqual(imported)
  })

  test('what an import keeps is kept', () => {
    const kept = { metadata: { a: [1] }, extra: { icon_id: 'film' } }
    const graph = ProjectGraph.fromNodes([node('a', null, kept)])
    expect(graph.node('a')).toMatchObject(kept)
  })

  test.each(['toString', 'constructor', 'hasOwnProperty', 'valueOf'])(
    'a property or node named %s is one like any other',
    (id) => {
      const graph = ProjectGraph.fromNodes([node(id)])
      graph.apply([{ type: 'property-set', node_id: id, property_id: id, new_value: 1 }])
      expect(graph.node(id)?.properties).toEqual({ [id]: 1 })
      graph.apply([{ type: 'property-set', node_id: id, property_id: id, old_value: 1 }])
      expect(graph.node(id)?.properties).toEqual({})
    },
  )
})

describe('changing', () => {
  test.each<[string, Change[]]>([
    ['added', [added('x', 'a', 1)]],
    ['removed', [removed('d', 'b', 0), removed('b', 'a', 0)]],
    ['moved', [moved('d', ['b', 0], [null, 1])]],
    ['moved among siblings', [moved('b', ['a', 0], ['a', 1])]],
    ['set', [{ type: 'property-set', node_id: 'a', property_id: 'x', new_value: { y: [1] } }]],
    [
      'renamed',
      [{ type: 'property-set', node_id: 'a', property_id: 'name', old_value: 'a', new_value: '' }],
    ],
    ['all in one', [added('x', 'a', 0), moved('d', ['b', 0], ['x', 0]), removed('b', 'a', 1)]],
  ])('[UNDO5] %s, there and back', (_, changes) => {
    const graph = family()
    const before = graph.nodes()
    expectReversible(graph, changes)
    graph.apply(changes)
    expectForest(graph)
    expect(graph.nodes()).not.toEqual(before)
  })

  test.each<[string, Change]>([
    ['added twice', added('b', 'a', 0)],
    ['added to nobody', added('x', 'nobody', 0)],
    ['added beyond the end', added('x', 'a', 3)],
    ['removed but not there', removed('x', null, 0)],
    ['removed with children', removed('b', 'a', 0)],
    ['removed from another parent', removed('d', 'a', 0)],
    ['removed at another index', removed('c', 'a', 0)],
    ['moved but not there', moved('x', [null, 0], [null, 0])],
    ['moved from another parent', moved('d', ['a', 0], [null, 0])],
    ['moved from another index', moved('c', ['a', 0], [null, 0])],
    ['moved to nobody', moved('c', ['a', 1], ['nobody', 0])],
    ['moved beyond the end', moved('c', ['a', 1], ['a', 2])],
    ['moved below itself', moved('a', [null, 0], ['d', 0])],
    ['moved into itself', moved('a', [null, 0], ['a', 0])],
    ['set on nobody', { type: 'property-set', node_id: 'x', property_id: 'y', new_value: 1 }],
    [
      'set over another value',
      { type: 'property-set', node_id: 'a', property_id: 'y', old_value: 1 },
    ],
    [
      'name taken away',
      { type: 'property-set', node_id: 'a', property_id: 'name', old_value: 'a' },
    ],
  ])('[TREE1] a change that does not fit throws and leaves no trace: %s', (_, change) => {
    const graph = family()
    const before = imageOf(graph)
    expect(() => graph.apply([added('first', null, 0), change])).toThrow(
      /does not fit|has to be a string/,
    )
    expect(imageOf(graph)).toEqual(before)
    expect(graph.isTaken('first')).toBe(false)
  })

  test('a replaced graph cannot be inverted', () => {
    expect(() => invert([{ type: 'graph-replaced', nodes: [] }])).toThrow('does not say')
  })
})

describe('ids that were used', () => {
  test('[ID1] stay taken after a deletion, case variants included', () => {
    const graph = family()
    expect([graph.isTaken('a'), graph.isTaken('A'), graph.isTaken('x')]).toEqual([
      true,
      true,
      false,
    ])
    graph.apply([removed('e', null, 1)])
    expect([graph.isTaken('e'), graph.isTaken('E')]).toEqual([true, true])
    expect([...graph.retired()]).toEqual([['e', null]])
    const restored = ProjectGraph.restore(graph.nodes(), graph.retired())
    expect(imageOf(restored)).toEqual(imageOf(graph))
    expect(restored.isTaken('E')).toBe(true)
  })

  test('[ID1] a speculation that is taken back takes no ids', () => {
    const graph = family()
    const takeBack = graph.speculate([added('X', null, 0)])
    expect(graph.isTaken('x')).toBe(true)
    takeBack()
    expect(graph.isTaken('x')).toBe(false)
    const revive = graph.speculate([removed('e', null, 1)])
    revive()
    expect([...graph.retired()]).toEqual([])
    expect(graph.isTaken('e')).toBe(true)
  })

  test('[ID1] a replacement retires what vanishes, and can be taken back', () => {
    const graph = family()
    graph.apply([removed('e', null, 1)])
    const before = imageOf(graph)
    const takeBack = graph.speculate([
      { type: 'graph-replaced', nodes: [node('a'), node('z', 'a')] },
    ])
    expect(graph.nodes().map((each) => each.id)).toEqual(['a', 'z'])
    expect(new Map(graph.retired())).toEqual(
      new Map([
        ['b', 'a'],
        ['c', 'a'],
        ['d', 'b'],
        ['e', null],
      ]),
    )
    takeBack()
    expect(imageOf(graph)).toEqual(before)
    expect(graph.isTaken('z')).toBe(false)
    graph.replaceWith([node('e')])
    expect([graph.roots(), graph.isTaken('A'), new Map(graph.retired()).has('e')]).toEqual([
      ['e'],
      true,
      false,
    ])
    expectForest(graph)
  })

  test('[UNDO4] the nearest living ancestor is known beyond the grave', () => {
    const graph = family()
    expect(graph.nearestLivingAncestor('d')).toBe('b')
    expect(graph.nearestLivingAncestor('a')).toBeNull()
    graph.apply([removed('d', 'b', 0), removed('b', 'a', 0)])
    expect(graph.nearestLivingAncestor('d')).toBe('a')
    graph.apply([removed('c', 'a', 0), removed('a', null, 0)])
    expect(graph.nearestLivingAncestor('d')).toBeNull()
    expect(graph.nearestLivingAncestor('nobody')).toBeNull()
  })
})

describe('depth and width', () => {
  test('[DEL1] a chain of 10,000 nodes needs no stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, n) =>
      node(`n${n}`, n === 0 ? null : `n${n - 1}`),
    )
    const graph = ProjectGraph.fromNodes(chain)
    expect(graph.nodes()).toHaveLength(10_000)
    expect(graph.isWithin('n9999', 'n0')).toBe(true)
    expectReversible(graph, [moved('n9999', ['n9998', 0], ['n0', 1])])
  })

  test('[ORD1] 100,000 siblings keep their order', () => {
    const graph = ProjectGraph.empty()
    const wide = Array.from({ length: 100_000 }, (_, n) => node(`n${n}`))
    graph.replaceWith(wide)
    graph.apply([moved('n99999', [null, 99_999], [null, 0]), removed('n50000', null, 50_001)])
    expect(graph.indexOf('n99999')).toBe(0)
    expect(graph.indexOf('n99998')).toBe(99_998)
  })
})

describe('equality of values', () => {
  test.each([
    [1, 1, true],
    [undefined, undefined, true],
    [undefined, null, false],
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    ['1', 1, false],
    [{}, null, false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same)
  })

  test('values of any depth can be compared', () => {
    let [a, b]: [unknown[], unknown[]] = [[1], [1]]
    for (let depth = 0; depth < 100_000; depth += 1) [a, b] = [[a], [b]]
    expect(sameJson(a as never, b as never)).toBe(true)
  })
})
