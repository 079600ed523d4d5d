import type { GraphHead, NodePieces } from './graph-json.js'
import { openNodeJson } from './node-json.js'

/**
 * A graph as `GraphTree`, in pieces. Written with a list of the open nodes: `JSON.stringify`
 * recurses, and a chain of ten thousand nodes would overflow its stack.
 */
export function* treeJson(head: GraphHead, nodes: NodePieces): Generator<string | undefined> {
  yield `${JSON.stringify(head).slice(0, -1)},"roots":[`
  const open: string[] = []
  let isFirst = true
  for (const node of nodes) {
    if (!node) {
      yield undefined
      continue
    }
    let closing = ''
    // In pre-order a node that is not below the last one ends it, and those around it.
    while (open.length > 0 && open.at(-1) !== node.parent_id) {
      open.pop()
      closing += ']}'
      isFirst = false
    }
    yield closing + (isFirst ? '' : ',')
    yield* openNodeJson(node)
    open.push(node.id)
    isFirst = true
  }
  yield `${']}'.repeat(open.length)}]}`
}
