import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Node } from '@talus/protocol'

/** Nodes in one part: small enough that writing or reading one never holds up the event loop. */
const NODES_PER_PART = 500

/** Nodes, in their wire shape, as the parts of a saved document. */
export async function writeNodes(nodes: readonly Node[]): Promise<string[]> {
  const parts: string[] = []
  for (let at = 0; at < nodes.length; at += NODES_PER_PART) {
    parts.push(JSON.stringify(nodes.slice(at, at + NODES_PER_PART)))
    await nextTurn()
  }
  return parts
}

/** The nodes of a saved document, in the order in which they were written. */
export async function readNodes(parts: readonly string[]): Promise<Node[]> {
  const nodes: Node[] = []
  for (const part of parts) {
    for (const node of JSON.parse(part) as Node[]) nodes.push(node)
    await nextTurn()
  }
  return nodes
}
