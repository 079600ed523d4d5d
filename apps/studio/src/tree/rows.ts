import type { SessionGraph } from '@talus/client'

/** A visible node, in order from top to bottom. */
export type Row = {
  id: string
  /** 1 for a root, as `aria-level` counts. */
  level: number
  /** Position among its siblings, from 1. */
  position: number
  siblings: number
  hasChildren: boolean
}

/** The visible nodes for a set of expanded ones. */
export function rowsOf(graph: SessionGraph, expanded: ReadonlySet<string>): Row[] {
  const rows: Row[] = []
  const add = (ids: readonly string[], level: number) => {
    for (let at = 0; at < ids.length; at += 1) {
      const id = ids[at] ?? ''
      const children = graph.children(id)
      const hasChildren = children.length > 0
      rows.push({ id, level, position: at + 1, siblings: ids.length, hasChildren })
      if (hasChildren && expanded.has(id)) add(children, level + 1)
    }
  }
  add(graph.roots(), 1)
  return rows
}

/** The topmost of the given nodes, in tree order. */
export function topmost(graph: SessionGraph, ids: Iterable<string>): string[] {
  const all = new Set(ids)
  const tops = [...all].filter((id) => {
    const path = graph.path(id)
    return path.length > 0 && !path.slice(0, -1).some((above) => all.has(above.id))
  })
  if (tops.length < 2) return tops
  const places = new Map(tops.map((id) => [id, placeOf(graph, id)]))
  return tops.toSorted((a, b) => compare(places.get(a) ?? [], places.get(b) ?? []))
}

/** The index of a node and of everything above it, from the root down. */
function placeOf(graph: SessionGraph, id: string): number[] {
  return graph.path(id).map((node) => graph.children(node.parent_id).indexOf(node.id))
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
