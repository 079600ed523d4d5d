import { invert, ProjectGraph } from '@talus/graph'
import { fail, ok, type Change, type Node, type Result } from '@talus/protocol'
import { eachInTurns, inTurns, loopTurns, takeTurn } from '../limits/turns.js'
import { snapshotNodes } from '../sessions/snapshot.js'
import { entryPieces, type EntryPiece } from './entry-pieces.js'
import { readBackward, readForward, type Source, type Take } from './stored-entries.js'

/** A graph at a seq is wanted; undefined stands for one that this way does not lead to. */
type Way = { cost: number; go: () => Promise<ProjectGraph | undefined> }

type Wanted = Source & { seq: number }

/** The graph with a piece applied: after a `replaced` it is another one. */
function applied(graph: ProjectGraph, piece: EntryPiece): ProjectGraph {
  if (!piece) return graph
  if (piece.kind === 'replaced') return ProjectGraph.empty()
  if (piece.kind === 'change') {
    graph.apply([piece.change])
    return graph
  }
  const { node } = piece
  const { parent_id } = node
  graph.apply([{ type: 'node-added', node, parent_id, index: graph.childCount(parent_id) }])
  return graph
}

/** Folds the entries from `graph`, which is that after `after`. */
async function forward(wanted: Wanted, graph: ProjectGraph, after: number) {
  let at = graph
  const take: Take = async (body) => {
    const apply = (piece: EntryPiece) => {
      at = applied(at, piece)
    }
    await eachInTurns(entryPieces(body), apply, wanted.gone)
    return 'next' as const
  }
  const reached = await readForward(wanted, { after, upTo: wanted.seq }, take)
  return reached === 'end' ? at : undefined
}

/** From the empty beginning: needs all entries. */
function fromStart(wanted: Wanted): Promise<ProjectGraph | undefined> {
  return forward(wanted, ProjectGraph.empty(), 0)
}

/** From the stored snapshot, where it is not later than what is wanted. */
async function fromSnapshot(wanted: Wanted): Promise<ProjectGraph | undefined> {
  const { journal, session, seq, gone } = wanted
  const stored = await journal.loadSession(session.record.session_id)
  const snapshot = stored?.snapshot
  if (!snapshot || snapshot.seq > seq) return undefined
  const graph = ProjectGraph.empty()
  for (const part of snapshot.parts) {
    await takeTurn(gone)
    const add = (node: Node) => void applied(graph, { kind: 'node', node })
    await eachInTurns(snapshotNodes(part), add, gone)
  }
  return forward(wanted, graph, snapshot.seq)
}

/** The changes of an entry; undefined when it does not say what was there before it. */
async function invertible(body: string, gone?: AbortSignal): Promise<Change[] | undefined> {
  const changes: Change[] = []
  for (const piece of entryPieces(body)) {
    if (piece?.kind === 'change') changes.push(piece.change)
    else if (piece) return undefined
    if (loopTurns.isOver()) await takeTurn(gone)
  }
  return changes
}

/** Takes back what came later; a project load does not say what was there before it. */
async function fromPresent(wanted: Wanted): Promise<ProjectGraph | undefined> {
  const { session, seq, gone } = wanted
  const { image, now } = session.presentImage()
  const graph = await inTurns(ProjectGraph.copyOf(image), gone)
  const reached = await readBackward(wanted, { after: seq, upTo: now }, async (body) => {
    const changes = await invertible(body, gone)
    if (!changes) return 'stop'
    const takeBack = (change: Change) => graph.apply(invert([change]))
    await eachInTurns(changes.reverse(), takeBack, gone)
    return 'next'
  })
  return reached === 'end' ? graph : undefined
}

/**
 * The graph as it was after the entry `seq`, which the session has reached, in a copy of the
 * caller's own: folded from the beginning or from the snapshot, or taken back from the present, by
 * the shortest way that is open. Errors: HISTORY_TRUNCATED. Rejects with StorageError.
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
