import { expect, it } from 'vitest'
import { childrenOf, fullParents, nodeId, parentOf } from '../src/sizes/shape.js'

const shapes = [
  { nodes: 1, fanOut: 10 },
  { nodes: 1_001, fanOut: 10 },
  { nodes: 25, fanOut: 10 },
  { nodes: 101, fanOut: 100 },
]

it.each(shapes)('has each of $nodes nodes below one parent that comes before it', (shape) => {
  const listed = new Map<number, number>()
  for (let parent = 0; parent < shape.nodes; parent++) {
    for (const child of childrenOf(parent, shape)) {
      expect(listed.has(child)).toBe(false)
      listed.set(child, parent)
    }
  }
  expect(listed.size).toBe(shape.nodes - 1)
  for (const [child, parent] of listed) {
    expect(parent).toBeLessThan(child)
    expect(parentOf(child, shape)).toBe(parent)
  }
  expect(parentOf(0, shape)).toBeNull()
})

it.each(shapes)('knows how many of $nodes nodes are full', (shape) => {
  const indexes = Array.from({ length: shape.nodes }, (_, i) => i)
  const full = indexes.filter((i) => childrenOf(i, shape).length === shape.fanOut)
  expect(fullParents(shape)).toBe(full.length)
  // Moves and creations take the first of them.
  expect(full).toEqual(indexes.slice(0, full.length))
})

it('makes ids as long as a UUID', () => {
  expect(nodeId(1_000_001)).toBe('00000000-0000-4000-8000-0000000f4241')
})
