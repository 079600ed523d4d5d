import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { DamagedError } from '../errors.js'
import type { Receipt } from '../journal/journal.js'
import type { SessionState } from '../session/document.js'
import { capture, Replay, restored } from '../session/snapshot.js'

/** What is found of one session: how far it goes, and the first thing that is wrong with it. */
export type SessionVerdict = {
  session_id: string
  seq: number
  damage: string | null
  /** SHA-256 of the graph, the ids that are gone and the undo history; null: damaged. */
  graph_hash: string | null
}

type Snapshot = { seq: number; parts: string[] } | null

type Stored = { session_id: string; first_seq: number; snapshot: Snapshot; receipts: Receipt[] }

/**
 * Replays a session from the first entry that is kept: whether every change fits the graph, and
 * whether its snapshot is what the entries before it make. Throws `DamagedError` with the place.
 */
export class SessionReplay {
  readonly #session_id: string
  readonly #snapshot: Snapshot
  readonly #replay: Replay
  /** The last entry that was taken, or what comes before the first. */
  seq: number

  constructor({ session_id, first_seq, snapshot, receipts }: Stored) {
    this.#session_id = session_id
    this.#snapshot = snapshot
    // What was removed cannot be replayed: then the snapshot is where the state begins.
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

/** Whether two states of a session are the same: graph, ids that are gone, and undo history. */
function sameState(a: SessionState, b: SessionState): boolean {
  return a.seq === b.seq && isDeepStrictEqual(plain(a), plain(b))
}

function plain(state: SessionState): unknown {
  const { nodes, retired, pieces } = capture(state)
  // Only which ids are gone counts; and as JSON, what is absent and what is undefined is the same.
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

/** Objects are equal whatever the order of their keys. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
