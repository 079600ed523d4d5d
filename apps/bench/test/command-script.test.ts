import { describe, expect, it } from 'vitest'
import { CommandScript, KINDS, ROUND } from '../src/sizes/command-script.js'
import { childrenOf, nodeId, type Shape } from '../src/sizes/shape.js'

const shapes: Shape[] = [
  { nodes: 1_001, fanOut: 10 },
  { nodes: 10_001, fanOut: 10_000 },
]

type Placed = { node_id: string; parent_id: string; position: { at: 'start' | 'end' } }

function dataOf<T>(script: CommandScript, kind: (typeof KINDS)[number], count: number): T[] {
  return script.take(kind, count).map(([, payload]) => ('data' in payload ? payload.data : {}) as T)
}

/** The children of every node, as ids, in their order. */
function ordersOf(shape: Shape): Map<string, string[]> {
  const indexes = Array.from({ length: shape.nodes }, (_, i) => i)
  return new Map(indexes.map((i) => [nodeId(i), childrenOf(i, shape).map(nodeId)]))
}

describe.each(shapes)('a script for $nodes nodes, $fanOut children each', (shape) => {
  it('moves every node within its parent to a place where it is not', () => {
    const orders = ordersOf(shape)
    const moves = dataOf<Placed>(new CommandScript('s', shape), 'MoveNode', 500)
    for (const { node_id, parent_id, position } of moves) {
      const order = orders.get(parent_id) ?? []
      const from = order.indexOf(node_id)
      const to = position.at === 'start' ? 0 : order.length - 1
      expect(from).toBeGreaterThanOrEqual(0)
      expect(from).not.toBe(to)
      order.splice(to, 0, ...order.splice(from, 1))
    }
    expect(new Set(moves.map(({ node_id }) => node_id)).size).toBe(moves.length)
  })

  it('deletes in a round what it has created, and nothing else', () => {
    const script = new CommandScript('s', shape)
    const created: string[] = []
    const deleted: string[] = []
    for (const kind of [...ROUND, ...ROUND]) {
      for (const { node_id } of dataOf<Placed>(script, kind, 20)) {
        if (kind.startsWith('CreateNode')) created.push(node_id)
        if (kind.startsWith('DeleteNode')) deleted.push(node_id)
      }
    }
    expect(created).toHaveLength(120)
    expect(deleted).toEqual(created)
  })

  it('never sets a property to the value that it has', () => {
    const script = new CommandScript('s', shape)
    type Update = { node_id: string; new_value: string }
    const updates = [1, 2].flatMap(() => dataOf<Update>(script, 'UpdateProperty', 700))
    const ids = new Set(ordersOf(shape).keys())
    expect(updates.every(({ node_id }) => ids.has(node_id))).toBe(true)
    expect(new Set(updates.map(({ new_value }) => new_value)).size).toBe(1_400)
  })
})

it('undoes as many moves as it makes', () => {
  const count = (kind: string) => ROUND.filter((one) => one === kind).length
  expect(count('undo of a move')).toBe(count('MoveNode'))
  expect(ROUND.indexOf('undo of a move')).toBe(ROUND.indexOf('MoveNode') + 1)
  expect(new Set(ROUND)).toEqual(new Set(KINDS))
})
