import { isDeepStrictEqual } from 'node:util'
import type { SessionState } from '../sessions/session-document.js'
import { capture } from '../sessions/snapshot.js'

/** Whether two states of a session are the same: graph, ids that are gone, and undo history. */
export function sameState(a: SessionState, b: SessionState): boolean {
  return a.seq === b.seq && isDeepStrictEqual(plain(a), plain(b))
}

function plain(state: SessionState): unknown {
  const { nodes, retired, pieces } = capture(state)
  // Only which ids are gone counts; and as JSON, what is absent and what is undefined is the same.
  const gone = [...retired].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.parse(JSON.stringify({ nodes, retired: gone, pieces }))
}
