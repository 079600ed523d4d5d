import type { Change } from '@talus/protocol'
import { Draft } from '../draft.js'
import type { NodeRecord } from '../node-record.js'
import { removalsInSteps } from '../plan/delete-node.js'
import { placeOf } from '../plan/placement.js'
import type { ProjectGraph } from '../project-graph.js'
import type { Steps } from '../steps.js'
import { editsOf, isRemade } from './node-diff.js'
import { placeChildren } from './placements.js'

/** Changes that are tried in one piece. */
const TRIED = 50

/** Removes a subtree from the last leaf to the top, as a deletion does (rule DEL1). */
function* remove(draft: Draft, top: string): Steps<void> {
  const removals = yield* removalsInSteps(draft.view(), top)
  for (let at = 0; at < removals.length; at += TRIED) {
    draft.add(removals.slice(at, at + TRIED))
    draft.view()
    yield
  }
}

/**
 * Clears the way for nodes that differ in what no change can set: the old one has to go before the
 * new one can come. What stands below it waits among the roots.
 */
function* removeRemade(draft: Draft, remade: readonly NodeRecord[]): Steps<void> {
  for (const { id } of remade) {
    for (const child of [...draft.view().childrenOf(id)].slice().reverse()) {
      const graph = draft.view()
      const record = graph.record(child)
      if (!record) continue
      const from = placeOf(graph, record)
      const place = { parent_id: null, index: graph.childCount(null) }
      draft.add([{ type: 'node-moved', node_id: child, from, to: place }])
      yield
    }
    yield* remove(draft, id)
  }
}

/** Removes what is gone: by now nothing else stands below it. */
function* removeGone(draft: Draft, to: ProjectGraph, gone: readonly string[]): Steps<void> {
  for (const id of gone) {
    const parent_id = draft.view().record(id)?.parent_id ?? null
    const isTop = parent_id === null || to.has(parent_id)
    if (isTop && draft.view().has(id)) yield* remove(draft, id)
    yield
  }
}

function* collect(draft: Draft, from: ProjectGraph, to: ProjectGraph): Steps<void> {
  const records: NodeRecord[] = []
  const remade: NodeRecord[] = []
  for (const record of to.preorder()) {
    records.push(record)
    const before = from.record(record.id)
    if (before && isRemade(before, record)) remade.push(record)
    yield
  }
  const gone: string[] = []
  for (const id of from.ids()) {
    if (!to.has(id)) gone.push(id)
    yield
  }
  yield* removeRemade(draft, remade)
  // From the top: each parent stands in its final place before its children come to it, so no
  // move can make a cycle.
  yield* placeChildren(draft, to, null)
  for (const record of records) {
    const before = draft.view().record(record.id)
    if (before) draft.add(editsOf(before, record))
    yield* placeChildren(draft, to, record.id)
    yield
  }
  yield* removeGone(draft, to, gone)
}

/**
 * What `diff` does, in small pieces: it ends with the changes. Both graphs have to be the caller's
 * own until then.
 */
export function* diffInPieces(from: ProjectGraph, to: ProjectGraph): Steps<Change[]> {
  const draft = new Draft(from)
  try {
    yield* collect(draft, from, to)
    yield* draft.discardInSteps()
    return draft.changes
  } finally {
    draft.discard()
  }
}

/**
 * The changes that make `from` equal `to`: ids, places, order, properties. Few rather than many: a
 * list of siblings keeps in place as many as it can, and what is equal is not touched. Both graphs
 * are the same afterwards. Ids that once were in use may come back (rule HIST3).
 */
export function diff(from: ProjectGraph, to: ProjectGraph): Change[] {
  const pieces = diffInPieces(from, to)
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return value
  }
}
