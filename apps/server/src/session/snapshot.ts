import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  finish,
  type GraphImage,
  NODES_PER_STEP,
  ProjectGraph,
  type Steps,
  UndoHistory,
} from '@talus/graph'
import type { Change, Entry, JsonValue, Node } from '@talus/protocol'
import type { EntryText } from '../journal/entry-text.js'
import type { Receipt, StoredSession } from '../journal/journal.js'
import type { SessionState } from './document.js'
import { entryPieces } from './entry-pieces.js'

/** Pieces, and characters, after which a part is full: writing one takes a millisecond or two. */
const PIECES_PER_PART = 250
const CHARS_PER_PART = 256 * 1024

/** Small entries that are folded in in one step. */
const ENTRIES_PER_STEP = 16

type Retired = [id: string, parent_id: string | null]

type SnapshotPart =
  | { part: 'nodes'; nodes: Node[] }
  | { part: 'retired'; retired: Retired[] }
  | { part: 'history'; pieces: JsonValue[] }

/** What a snapshot holds, by reference. */
type Captured = { nodes: GraphImage; retired: Iterable<Retired>; pieces: Iterable<JsonValue> }

/**
 * What a snapshot holds, taken in one go while the state is durable. Node records are immutable,
 * so that they can be written out later while the graph goes on.
 */
export function capture({ graph, history }: SessionState): Captured {
  return {
    nodes: graph.image(),
    retired: graph.captureRetired(),
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
type SnapshotText = [head: string, text: string] | undefined

function* textsOf({ nodes, retired, pieces }: Captured): Generator<SnapshotText> {
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

function* restore(parts: readonly string[]): Steps<Pick<SessionState, 'graph' | 'history'>> {
  const nodes: Node[] = []
  const retired: Retired[] = []
  const pieces: JsonValue[] = []
  for (const text of parts) {
    const part = JSON.parse(text) as SnapshotPart
    if (part.part === 'nodes') for (const node of part.nodes) nodes.push(node)
    else if (part.part === 'retired') for (const id of part.retired) retired.push(id)
    else for (const piece of part.pieces) pieces.push(piece)
    yield
  }
  const graph = yield* ProjectGraph.restoreInSteps(nodes, retired)
  return { graph, history: yield* UndoHistory.fromSnapshotInSteps(pieces) }
}

/** The nodes, in pre-order, that one part of a snapshot holds; many parts hold others. */
export function snapshotNodes(text: string): Node[] {
  if (!text.startsWith(HEADS.nodes)) return []
  return (JSON.parse(text) as Extract<SnapshotPart, { part: 'nodes' }>).nodes
}

/** The state that a snapshot holds; without one, the state before the first entry. */
export function restored(snapshot: StoredSession['snapshot']): SessionState {
  return finish(restoredInSteps(snapshot))
}

function* restoredInSteps(snapshot: StoredSession['snapshot']): Steps<SessionState> {
  return { ...(yield* restore(snapshot?.parts ?? [])), seq: snapshot?.seq ?? 0 }
}

/** The state of a stored session: its snapshot, and everything after it folded in. */
export function fold(stored: StoredSession): SessionState {
  return finish(foldInSteps(stored))
}

/** The same in steps. */
export function* foldInSteps({ snapshot, receipts, entries }: StoredSession): Steps<SessionState> {
  const state = yield* restoredInSteps(snapshot)
  const replay = new Replay(state, receipts)
  for (const [n, body] of entries.entries()) {
    if (n % ENTRIES_PER_STEP === 0) yield
    yield* replay.takeInSteps(body)
  }
  return replay.state
}

/** An entry of its JSON, in steps: one may have 100 MB. */
function* parsedInSteps(body: EntryText): Steps<Entry> {
  const pieces = entryPieces(body)
  const changes: Change[] = []
  let nodes: Node[] = []
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return { ...value, changes }
    if (!value) yield
    else if (value.kind === 'change') changes.push(value.change)
    else if (value.kind === 'node') nodes.push(value.node)
    else changes.push({ type: 'graph-replaced', nodes: (nodes = []) })
    if ((changes.length + nodes.length) % NODES_PER_STEP === 0) yield
  }
}

/** Folds entries, and the receipts between them, into the state of a session, one by one. */
export class Replay {
  readonly state: SessionState
  /** Those still to come, the next one last. */
  readonly #receipts: Receipt[]

  /** `receipts`: of that state and later, in the order in which they were appended. */
  constructor(state: SessionState, receipts: readonly Receipt[]) {
    this.state = state
    this.#receipts = receipts.toReversed()
    this.#consume()
  }

  /** Takes in the next entry, as JSON. Throws when it does not fit the graph. */
  take(body: EntryText): void {
    finish(this.takeInSteps(body))
  }

  *takeInSteps(body: EntryText): Steps<void> {
    const { graph, history } = this.state
    const entry = yield* parsedInSteps(body)
    yield* graph.applyInSteps(entry.changes)
    yield* history.recordInSteps(entry, body)
    this.state.seq = entry.seq
    this.#consume()
  }

  #consume(): void {
    const { history, seq } = this.state
    for (let next = this.#receipts.at(-1); next; next = this.#receipts.at(-1)) {
      if (next.after_seq > seq) return
      const { consumes } = next
      if (consumes) history.consume(consumes.kind, consumes.target_command_id)
      this.#receipts.pop()
    }
  }
}
