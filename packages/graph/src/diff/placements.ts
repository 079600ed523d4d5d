import type { Change } from '@talus/protocol'
import type { Draft } from '../draft.js'
import { nodeOf } from '../node-record.js'
import { placeOf } from '../plan/placement.js'
import type { ProjectGraph } from '../project-graph.js'
import type { Steps } from '../steps.js'
import { longestIncreasing } from './longest-increasing.js'

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}

/** Those of the wanted children that need not move: they are there, in the wanted order. */
function staying(have: readonly string[], want: readonly string[]): Set<string> {
  if (have.length === 0) return new Set()
  const indexes = new Map(have.map((id, index) => [id, index]))
  const present = want.flatMap((id) => indexes.get(id) ?? [])
  const kept = longestIncreasing(present)
  return new Set(want.filter((id) => kept.has(indexes.get(id) ?? -1)))
}

type Place = { parent_id: string | null; previous: string | undefined }

/** Brings one node, from elsewhere or anew, right behind its sibling. */
function bring(graph: ProjectGraph, to: ProjectGraph, id: string, place: Place): Change {
  const { parent_id, previous } = place
  const index = previous === undefined ? 0 : graph.indexOf(previous) + 1
  const here = graph.record(id)
  if (here) {
    const from = placeOf(graph, here)
    // It is taken out of its list first.
    const shift = from.parent_id === parent_id && from.index < index ? 1 : 0
    return { type: 'node-moved', node_id: id, from, to: { parent_id, index: index - shift } }
  }
  const record = to.record(id)
  if (!record) throw new Error(`there is no node '${id}' to bring`)
  return { type: 'node-added', node: nodeOf(record, []), parent_id, index }
}

/**
 * Gives one parent, null for the roots, the children that it has in `to`, in that order. Nodes
 * that belong elsewhere are left standing between them: they are fetched, or removed, later.
 */
export function* placeChildren(
  draft: Draft,
  to: ProjectGraph,
  parent_id: string | null,
): Steps<void> {
  const want = to.childrenOf(parent_id)
  const have = draft.view().childrenOf(parent_id)
  if (sameList(have, want)) return
  const stay = staying(have, want)
  let previous: string | undefined
  for (const id of want) {
    if (!stay.has(id)) draft.add([bring(draft.view(), to, id, { parent_id, previous })])
    previous = id
    yield
  }
}
