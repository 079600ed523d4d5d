import type { Node } from '@talus/protocol'

type Frame = { children: readonly string[]; next: number }

function opening(node: Node): string {
  const { children: _, ...rest } = node
  return `${JSON.stringify(rest).slice(0, -1)},"children":[`
}

/**
 * The forest as nested JSON text. Written with a stack of its own: `JSON.stringify` recurses, and
 * a chain of ten thousand nodes would overflow it.
 */
export function treeJson(nodes: readonly Node[]): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const roots = nodes.filter((node) => node.parent_id === null).map((node) => node.id)
  const out: string[] = ['[']
  const stack: Frame[] = [{ children: roots, next: 0 }]
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const id = frame.children[frame.next]
    if (id === undefined) {
      stack.pop()
      out.push(stack.length > 0 ? ']}' : ']')
      continue
    }
    const node = byId.get(id)
    if (frame.next > 0) out.push(',')
    frame.next += 1
    if (!node) continue
    out.push(opening(node))
    stack.push({ children: node.children, next: 0 })
  }
  return out.join('')
}
