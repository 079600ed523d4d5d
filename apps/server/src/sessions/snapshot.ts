import { ProjectGraph, UndoHistory } from '@talus/graph'
import type { Entry, JsonValue, Node } from '@talus/protocol'
import type { StoredSession } from '../journal/journal.js'
import type { SessionState } from './live-session.js'

/** Nodes, or other pieces, in one part: small enough that writing one never holds up the loop. */
const PIECES_PER_PART = 500

type Retired = [id: string, parent_id: string | null]

type Part =
  | { part: 'nodes'; nodes: Node[] }
  | { part: 'retired'; retired: Retired[] }
  | { part: 'history'; pieces: JsonValue[] }

function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < items.length; at += PIECES_PER_PART) {
    parts.push(items.slice(at, at + PIECES_PER_PART))
  }
  return parts
}

/**
 * What a snapshot holds, taken in one go while the state is durable. Node records are immutable,
 * so that they can be written out later while the graph goes on.
 */
export function capture({ graph, history }: SessionState): Part[] {
  const nodes = [...graph.preorder()].map((record): Node => ({ ...record, children: [] }))
  return [
    ...chunks(nodes).map((part): Part => ({ part: 'nodes', nodes: part })),
    ...chunks([...graph.retired()]).map((part): Part => ({ part: 'retired', retired: part })),
    ...chunks(history.toSnapshot()).map((part): Part => ({ part: 'history', pieces: part })),
  ]
}

/** Serialises a captured snapshot part by part, letting the event loop run in between. */
export async function serialise(parts: readonly Part[]): Promise<string[]> {
  const written: string[] = []
  for (const part of parts) {
    written.push(JSON.stringify(part))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return written
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

/** The state of a stored session: its snapshot, and everything after it folded in. */
export function fold(stored: StoredSession): SessionState {
  const { graph, history } = restore(stored.snapshot?.parts ?? [])
  let seq = stored.snapshot?.seq ?? 0
  const receipts = stored.receipts.toReversed()
  const consumeUpTo = (at: number) => {
    for (let next = receipts.at(-1); next && next.after_seq <= at; next = receipts.at(-1)) {
      const { consumes } = next
      if (consumes) history.consume(consumes.kind, consumes.actor_id, consumes.target_command_id)
      receipts.pop()
    }
  }
  for (const body of stored.entries) {
    consumeUpTo(seq)
    const entry = JSON.parse(body) as Entry
    graph.apply(entry.changes)
    history.record(entry)
    seq = entry.seq
  }
  consumeUpTo(seq)
  return { graph, history, seq }
}
