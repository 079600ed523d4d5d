import { setImmediate as nextTurn } from 'node:timers/promises'
import { ProjectGraph, UndoHistory, type GraphImage } from '@talus/graph'
import type { JsonValue, Node } from '@talus/protocol'
import type { StoredSession } from '../journal/journal.js'
import type { SessionState } from './session-document.js'
import { Replay } from './replay.js'

/** Pieces, and characters, after which a part is full: writing one takes a millisecond or two. */
const PIECES_PER_PART = 250
const CHARS_PER_PART = 256 * 1024

type Retired = [id: string, parent_id: string | null]

type Part =
  | { part: 'nodes'; nodes: Node[] }
  | { part: 'retired'; retired: Retired[] }
  | { part: 'history'; pieces: JsonValue[] }

/** What a snapshot holds, by reference. */
type Captured = { nodes: GraphImage; retired: Retired[]; pieces: Iterable<JsonValue> }

/**
 * What a snapshot holds, taken in one go while the state is durable. Node records are immutable,
 * so that they can be written out later while the graph goes on.
 */
export function capture({ graph, history }: SessionState): Captured {
  return {
    nodes: graph.image(),
    retired: [...graph.retired()],
    pieces: history.toSnapshot(),
  }
}

/** How the parts begin. */
const HEADS = {
  nodes: '{"part":"nodes","nodes":[',
  retired: '{"part":"retired","retired":[',
  history: '{"part":"history","pieces":[',
} as const

/** An undefined is a moment to rest. */
type Text = [head: string, text: string] | undefined

function* textsOf({ nodes, retired, pieces }: Captured): Generator<Text> {
  for (const node of nodes.nodes()) {
    // The order of the nodes says who the children are.
    yield node && [HEADS.nodes, JSON.stringify({ ...node, children: [] })]
  }
  for (const id of retired) yield [HEADS.retired, JSON.stringify(id)]
  for (const piece of pieces) yield [HEADS.history, JSON.stringify(piece)]
}

/** Serialises a captured snapshot part by part, letting the event loop run in between. */
export async function* serialise(captured: Captured): AsyncGenerator<string> {
  let open = { head: '', texts: [] as string[], chars: 0 }
  const closed = () => `${open.head}${open.texts.join(',')}]}`
  for (const piece of textsOf(captured)) {
    if (!piece) {
      await nextTurn()
      continue
    }
    const [head, text] = piece
    const full = open.texts.length >= PIECES_PER_PART || open.chars >= CHARS_PER_PART
    if (full || open.head !== head) {
      if (open.texts.length > 0) yield closed()
      open = { head, texts: [], chars: 0 }
      await nextTurn()
    }
    open.texts.push(text)
    open.chars += text.length
  }
  if (open.texts.length > 0) yield closed()
}

function restore(parts: readonly string[]): Pick<SessionState, 'graph' | 'history'> {
  const nodes: Node[] = []
  const retired: Retired[] = []
  const pieces: JsonValue[] = []
  for (const text of parts) {
    const part = JSON.parse(text) as Part
    if (part.part === 'nodes') for (const node of part.nodes) nodes.push(node)
    else if (part.part === 'retired') for (const id of part.retired) retired.push(id)
    else for (const piece of part.pieces) pieces.push(piece)
  }
  return { graph: ProjectGraph.restore(nodes, retired), history: UndoHistory.fromSnapshot(pieces) }
}

/** The nodes, in pre-order, that one part of a snapshot holds; many parts hold others. */
export function snapshotNodes(text: string): Node[] {
  if (!text.startsWith(HEADS.nodes)) return []
  return (JSON.parse(text) as Extract<Part, { part: 'nodes' }>).nodes
}

/** The state that a snapshot holds; without one, the state before the first entry. */
export function restored(snapshot: StoredSession['snapshot']): SessionState {
  return { ...restore(snapshot?.parts ?? []), seq: snapshot?.seq ?? 0 }
}

/** The state of a stored session: its snapshot, and everything after it folded in. */
export function fold(stored: StoredSession): SessionState {
  const replay = new Replay(restored(stored.snapshot), stored.receipts)
  for (const body of stored.entries) replay.take(body)
  return replay.state
}
