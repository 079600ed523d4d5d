import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { DamagedError } from '../errors.js'
import type { Receipt } from '../journal/journal.js'
import type { SessionState } from '../session/document.js'
import { capture, Replay, restored } from '../session/snapshot.js'

/** The result for one session: its last seq, and the first damage. */
export type SessionVerdict = {
  session_id: string
  seq: number
  damage: string | null
  /** SHA-256 of the graph, the ids of deleted nodes and the undo history; null: damaged. */
  graph_hash: string | null
}

type Snapshot = { seq: number; parts: string[] } | null

type Stored = { session_id: string; first_seq: number; snapshot: Snapshot; receipts: Receipt[] }

/**
 * Replays a session from the first entry that is kept. Checks that every change fits the graph, and
 * that the snapshot equals the result of the entries before it. Throws `DamagedError` with the place.
 */
export class SessionReplay {
  readonly #session_id: string
  readonly #snapshot: Snapshot
  readonly #replay: Replay
  /** Seq of the last entry applied, or the seq before the first. */
  seq: number

  constructor({ session_id, first_seq, snapshot, receipts }: Stored) {
    this.#session_id = session_id
    this.#snapshot = snapshot
    // Removed entries cannot be replayed: start from the snapshot.
    const base = first_seq > 1 ? snapshot : null
    const later = base ? receipts.filter(({ after_seq }) => after_seq >= base.seq) : receipts
    this.#replay = new Replay(restored(base), later)
    this.seq = first_seq - 1
  }

  take(seq: number, body: string): void {
    this.seq = seq
    if (seq <= this.#replay.state.seq) return
    this.#apply(seq, body)
    if (this.#snapshot?.seq !== seq) return
    if (sameState(this.#replay.state, restored(this.#snapshot))) return
    const snapshot = `the snapshot at seq ${this.#snapshot.seq}`
    throw new DamagedError(`Session ${this.#session_id}: ${snapshot} is not what the entries make`)
  }

  graphHash(): string {
    return hashOf(this.#replay.state)
  }

  #apply(seq: number, body: string): void {
    try {
      this.#replay.take(body)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const place = `Session ${this.#session_id}: the entry at seq ${seq}`
      throw new DamagedError(`${place} does not fit what came before: ${reason}`, { cause })
    }
  }
}

/** Whether two states of a session are equal: graph, ids of deleted nodes, and undo history. */
function sameState(a: SessionState, b: SessionState): boolean {
  return a.seq === b.seq && isDeepStrictEqual(plain(a), plain(b))
}

function plain(state: SessionState): unknown {
  const { nodes, retired, pieces } = capture(state)
  // The order of deleted ids does not count. Compare as JSON: absent and undefined are equal.
  const gone = [...retired].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.parse(JSON.stringify({ nodes, retired: gone, pieces }))
}

function hashOf(state: SessionState): string {
  const { nodes, retired, pieces } = capture(state)
  const hash = createHash('sha256').update(String(state.seq))
  const take = (value: unknown) => hash.update(`${JSON.stringify(value, inOrder)}\n`)
  for (const node of nodes.nodes()) if (node) take({ ...node, children: [] })
  for (const gone of [...retired].toSorted(([a], [b]) => (a < b ? -1 : 1))) take(gone)
  for (const piece of pieces) take(piece)
  return hash.digest('hex')
}

/** Compares objects regardless of the order of their keys. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
