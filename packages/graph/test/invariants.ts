import { expect } from 'vitest'
import { invert, ProjectGraph } from '../src/index.js'
import type { Change } from '@talus/protocol'

/** What holds for every graph, whatever was done to it (rule TREE1). */
export function expectForest(graph: ProjectGraph): void {
  const nodes = graph.nodes()
  const ids = nodes.map((node) => node.id)
  // Reached once each from the roots: no cycles, no second parent, nothing lost.
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(graph.size)
  for (const parent_id of [null, ...ids]) {
    const children = graph.childrenOf(parent_id)
    expect(graph.childCount(parent_id)).toBe(children.length)
    expect(new Set(children).size).toBe(children.length)
    children.forEach((child, index) => {
      expect(graph.record(child)?.parent_id).toBe(parent_id)
      expect(graph.indexOf(child)).toBe(index)
    })
  }
  for (const node of nodes) {
    expect(graph.isTaken(node.id.toUpperCase())).toBe(true)
    expect(Object.hasOwn(graph.record(node.id)?.properties ?? {}, 'name')).toBe(false)
  }
  for (const [id] of graph.retired()) {
    expect(graph.has(id)).toBe(false)
    expect(graph.isTaken(id)).toBe(true)
  }
}

/** All of a graph that can be told from outside, to compare by. */
export function imageOf(graph: ProjectGraph) {
  return { roots: graph.roots(), nodes: graph.nodes(), retired: new Map(graph.retired()) }
}

/** Changes lead there and back, and taking a speculation back leaves no trace. */
export function expectReversible(graph: ProjectGraph, changes: readonly Change[]): void {
  const before = imageOf(graph)
  const records = [...graph.preorder()]
  const takeBack = graph.speculate(changes)
  const there = graph.nodes()
  takeBack()
  expect(imageOf(graph)).toEqual(before)
  expect([...graph.preorder()].every((record, index) => record === records[index])).toBe(true)
  const copy = ProjectGraph.restore(graph.nodes(), graph.retired())
  copy.apply(changes)
  expect(copy.nodes()).toEqual(there)
  copy.apply(invert(changes))
  expect({ roots: copy.roots(), nodes: copy.nodes() }).toEqual({
    roots: before.roots,
    nodes: before.nodes,
  })
}
