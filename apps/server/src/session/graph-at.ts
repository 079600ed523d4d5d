import { invert, ProjectGraph } from '@talus/graph'
import { type Change, fail, type Node, ok, type Result } from '@talus/protocol'
import type { EntryText } from '../journal/entry-text.js'
import type { Journal } from '../journal/journal.js'
import { eachInTurns, inTurns, loopTurns, takeTurn } from '../turns.js'
import { type EntryPiece, entryPieces } from './entry-pieces.js'
import type { LiveSession } from './live-session.js'
import { type EntryPage, type EntryRange, readPage } from './tail.js'
import { snapshotNodes } from './snapshot.js'

/** A graph at a seq is wanted; undefined stands for one that this way does not lead to. */
type Way = { cost: number; go: () => Promise<ProjectGraph | undefined> }

type WantedGraph = Source & { seq: number }

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
async function forward(wanted: WantedGraph, graph: ProjectGraph, after: number) {
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
function fromStart(wanted: WantedGraph): Promise<ProjectGraph | undefined> {
  return forward(wanted, ProjectGraph.empty(), 0)
}

/** From the stored snapshot, where it is not later than what is wanted. */
async function fromSnapshot(wanted: WantedGraph): Promise<ProjectGraph | undefined> {
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
async function invertible(body: EntryText, gone?: AbortSignal): Promise<Change[] | undefined> {
  const changes: Change[] = []
  for (const piece of entryPieces(body)) {
    if (piece?.kind === 'change') changes.push(piece.change)
    else if (piece) return undefined
    if (loopTurns.isOver()) await takeTurn(gone)
  }
  return changes
}

/** Takes back what came later; a project load does not say what was there before it. */
async function fromPresent(wanted: WantedGraph): Promise<ProjectGraph | undefined> {
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
export async function graphAt(wanted: WantedGraph): Promise<Result<ProjectGraph>> {
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
  return fail('HISTORY_TRUNCATED', `The graph at seq ${seq} is no longer kept`)
}

/** Entries that are read at a time. */
const PAGE = 100

/** What a reader does with a body: goes on, or has seen enough. */
type Take = (body: EntryText, seq: number) => Promise<'next' | 'stop'> | 'next' | 'stop'

/** `truncated`: the reader has come to entries that are no longer kept. */
type Reached = 'end' | 'stopped' | 'truncated'

/** Where entries are read, of which session; `gone` is aborted when nobody wants them any more. */
export type Source = { journal: Journal; session: LiveSession; gone?: AbortSignal | undefined }

type EntrySpan = { after: number; upTo: number }

async function read({ journal, session, gone }: Source, span: EntrySpan): Promise<EntryPage> {
  const range: EntryRange = { session_id: session.record.session_id, ...span }
  const page = await readPage(journal, range)
  for (const body of page.bodies) session.tail.noteEntry(body)
  await takeTurn(gone)
  return page
}

/** Reads entries oldest first. */
export async function readForward(source: Source, span: EntrySpan, take: Take): Promise<Reached> {
  const { after, upTo } = span
  for (let at = after; at < upTo;) {
    const { first, bodies } = await read(source, { after: at, upTo: Math.min(at + PAGE, upTo) })
    if (first > at + 1) return 'truncated'
    for (const body of bodies) {
      at += 1
      if ((await take(body, at)) === 'stop') return 'stopped'
    }
  }
  return 'end'
}

/** Reads entries newest first. */
export async function readBackward(source: Source, span: EntrySpan, take: Take): Promise<Reached> {
  const { after, upTo } = span
  let most = PAGE
  for (let at = upTo; at > after;) {
    const from = Math.max(after, at - most)
    const { first, bodies } = await read(source, { after: from, upTo: at })
    if (bodies.length > 0 && first + bodies.length <= at) {
      // So many are too large to be read at once, and the last of them are wanted first.
      most = Math.max(1, most >> 2)
      continue
    }
    for (const body of bodies.toReversed()) {
      if ((await take(body, at)) === 'stop') return 'stopped'
      at -= 1
    }
    if (first > from + 1) return 'truncated'
    most = Math.min(PAGE, 2 * most)
  }
  return 'end'
}
