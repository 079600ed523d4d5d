import { setImmediate as nextTurn } from 'node:timers/promises'
import { invert, ProjectGraph } from '@talus/graph'
import { fail, ok, type Entry, type Node, type Result } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'
import type { LiveSession } from '../sessions/live-session.js'
import { snapshotNodes } from '../sessions/snapshot.js'
import { inTurns } from './next-turn.js'
import { readBackward, readForward } from './stored-entries.js'

/** A graph at a seq is wanted; undefined stands for one that this way does not lead to. */
type Way = { cost: number; go: () => Promise<ProjectGraph | undefined> }

type Wanted = { journal: Journal; session: LiveSession; seq: number }

async function add(graph: ProjectGraph, nodes: Iterable<Node | undefined>): Promise<void> {
  await inTurns(nodes, (node) => {
    if (!node) return
    const { parent_id } = node
    graph.apply([{ type: 'node-added', node, parent_id, index: graph.childCount(parent_id) }])
  })
}

function changesOf(body: string): Entry['changes'] {
  return (JSON.parse(body) as Entry).changes
}

/** Folds the entries from `graph`, which is that after `after`. */
async function forward(wanted: Wanted, graph: ProjectGraph, after: number) {
  const { journal, session, seq } = wanted
  const range = { session_id: session.record.session_id, after, upTo: seq }
  const reached = await readForward(journal, range, (body) => {
    graph.apply(changesOf(body))
    return 'next'
  })
  return reached === 'end' ? graph : undefined
}

/** From the empty beginning: needs all entries. */
function fromStart(wanted: Wanted): Promise<ProjectGraph | undefined> {
  return forward(wanted, ProjectGraph.empty(), 0)
}

/** From the stored snapshot, where it is not later than what is wanted. */
async function fromSnapshot(wanted: Wanted): Promise<ProjectGraph | undefined> {
  const { journal, session, seq } = wanted
  const stored = await journal.loadSession(session.record.session_id)
  const snapshot = stored?.snapshot
  if (!snapshot || snapshot.seq > seq) return undefined
  const graph = ProjectGraph.empty()
  for (const part of snapshot.parts) {
    await add(graph, snapshotNodes(part))
    await nextTurn()
  }
  return forward(wanted, graph, snapshot.seq)
}

/** Takes back what came later; a project load does not say what was there before it. */
async function fromPresent({ journal, session, seq }: Wanted): Promise<ProjectGraph | undefined> {
  const { image, now } = session.withDurable((state) => ({
    image: state.graph.image(),
    now: state.seq,
  }))
  const graph = ProjectGraph.empty()
  await add(graph, image.nodes())
  const range = { session_id: session.record.session_id, after: seq, upTo: now }
  const reached = await readBackward(journal, range, (body) => {
    const changes = changesOf(body)
    if (changes.some(({ type }) => type === 'graph-replaced')) return 'stop'
    graph.apply(invert(changes))
    return 'next'
  })
  return reached === 'end' ? graph : undefined
}

/**
 * The graph as it was after the entry `seq`, which the session has reached, in a copy of the caller's own: folded from the
 * beginning or from the snapshot, or taken back from the present, by the shortest way that is
 * open. Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function graphAt(wanted: Wanted): Promise<Result<ProjectGraph>> {
  const { session, seq } = wanted
  const { seq: now, snapshotSeq } = session
  const ways: Way[] = [
    { cost: now - seq, go: () => fromPresent(wanted) },
    { cost: seq, go: () => fromStart(wanted) },
  ]
  if (snapshotSeq > 0 && snapshotSeq <= seq) {
    ways.push({ cost: seq - snapshotSeq, go: () => fromSnapshot(wanted) })
  }
  for (const way of ways.sort((a, b) => a.cost - b.cost)) {
    const graph = await way.go()
    if (graph) return ok(graph)
  }
  return fail('HISTORY_TRUNCATED', `The graph at seq ${seq} can no longer be told`)
}
