import type { GraphState, Node } from '@talus/protocol'
import { expect } from 'vitest'
import { ChangesReplica } from './changes-replica.js'
import type { SocketClient } from './client.js'
import type { EventsReplica } from './events-replica.js'

/** The nodes are a forest in pre-order, and parents and children say the same (rule TREE1). */
export function expectForest({ roots, nodes }: GraphState): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const walk: string[] = []
  const waiting = roots.toReversed()
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    walk.push(id)
    const { children = [] } = byId.get(id) ?? {}
    for (const child of children) expect(byId.get(child)?.parent_id).toBe(id)
    waiting.push(...children.toReversed())
    expect(walk.length).toBeLessThanOrEqual(nodes.length)
  }
  expect(nodes.map(({ id }) => id)).toEqual(walk)
  for (const root of roots) expect(byId.get(root)?.parent_id).toBeNull()
}

/** What events on `/graph` tell of a node. */
function sketched(node: Pick<Node, keyof Node>): object {
  const { id, blueprint_type_id, name, parent_id, children, properties } = node
  return { id, blueprint_type_id, name, parent_id, children, properties }
}

function expectEvents(replica: EventsReplica, { seq, nodes }: GraphState, stream: string): void {
  const shown = nodes.map((node) => replica.node(node.id) as Node | undefined)
  if (stream === 'graph') {
    expect(shown.map((node) => node && sketched(node))).toEqual(nodes.map(sketched))
  } else {
    expect(shown).toEqual(nodes)
  }
  const roots = nodes.filter(({ parent_id }) => parent_id === null).map(({ id }) => id)
  const { size, roots: shownRoots } = replica
  expect({ size, roots: shownRoots, seq: replica.seq }).toEqual({ size: nodes.length, roots, seq })
}

/** Every replica is what the server is (rule SYNC2). */
export function expectAgreement(state: GraphState, listeners: readonly SocketClient[]): void {
  expectForest(state)
  for (const { replica, member } of listeners) {
    if (replica instanceof ChangesReplica) {
      const { seq, nodes } = state
      expect({ seq: replica.seq, nodes: replica.nodes() }).toEqual({ seq, nodes })
    } else {
      expectEvents(replica, state, member.stream)
    }
  }
}
