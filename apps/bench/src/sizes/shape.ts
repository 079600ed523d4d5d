/** A graph: one root, every other node below it, as many children each as `fanOut` says. */
export type Shape = { nodes: number; fanOut: number }

/** Ids are as long as those that the server chooses. */
export function nodeId(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
}

/** The parent of the node with this index, null for the root, 0. Parents come first. */
export function parentOf(index: number, { fanOut }: Shape): number | null {
  return index === 0 ? null : Math.floor((index - 1) / fanOut)
}

/** The children of a node, by index. */
export function childrenOf(index: number, { nodes, fanOut }: Shape): number[] {
  const first = index * fanOut + 1
  const count = Math.max(0, Math.min(fanOut, nodes - first))
  return Array.from({ length: count }, (_, i) => first + i)
}

/** How many nodes have all the children that they may have. */
export function fullParents({ nodes, fanOut }: Shape): number {
  return Math.floor((nodes - 1) / fanOut)
}

/** Five short properties, as the goal for the memory of a node has them. */
export function propertiesOf(index: number) {
  return {
    status: index % 3 === 0 ? 'open' : 'done',
    priority: index % 10,
    owner: `user-${index % 50}`,
    due: `2026-05-${10 + (index % 20)}`,
    note: `note ${index}`,
  }
}
