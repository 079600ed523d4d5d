import type { Node } from '@talus/protocol'
import { loopTurns, takeTurn } from '../limits/turns.js'
import type { NodePieces } from './project-file.js'

/** Characters of a part: writing or reading one takes a millisecond or two. */
const CHARS_PER_PART = 256 * 1024

/** Nodes, in their wire shape, as the parts of a saved document. */
export async function writeNodes(nodes: NodePieces): Promise<string[]> {
  const parts: string[] = []
  let texts: string[] = []
  let chars = 0
  for (const node of nodes) {
    if (loopTurns.isOver()) await takeTurn()
    if (!node) continue
    const text = JSON.stringify(node)
    if (texts.length > 0 && chars + text.length > CHARS_PER_PART) {
      parts.push(`[${texts.join(',')}]`)
      texts = []
      chars = 0
    }
    texts.push(text)
    chars += text.length
  }
  parts.push(`[${texts.join(',')}]`)
  return parts
}

/** The nodes of a saved document, in the order in which they were written. */
export async function* readNodes(parts: readonly string[]): AsyncGenerator<Node[]> {
  for (const part of parts) {
    if (loopTurns.isOver()) await takeTurn()
    yield JSON.parse(part) as Node[]
  }
}
