import type { GraphState, Node } from '@talus/protocol'
import { nodeJson } from './node-json.js'

/** What precedes the nodes. */
export type GraphHead = Omit<GraphState, 'roots' | 'nodes'>

/** Nodes in pre-order; an undefined is a piece of work that gave none. */
export type NodePieces = Iterable<Node | undefined>

/** A graph as `GraphState`, in pieces. The roots come last: they are known when all is walked. */
export function* graphJson(head: GraphHead, nodes: NodePieces): Generator<string | undefined> {
  yield `${JSON.stringify(head).slice(0, -1)},"nodes":[`
  const roots: string[] = []
  let comma = ''
  for (const node of nodes) {
    if (node?.parent_id === null) roots.push(node.id)
    if (!node) {
      yield undefined
      continue
    }
    if (comma !== '') yield comma
    yield* nodeJson(node)
    comma = ','
  }
  yield `],"roots":${JSON.stringify(roots)}}`
}
