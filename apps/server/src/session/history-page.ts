import type { RoleView } from '@talus/graph'
import { type Change, fail, type HistoryEntry, type Node, ok, type Result } from '@talus/protocol'
import { LOOK_CHARS, PAGE_CHARS } from '../limits/costs.js'
import { eachInTurns } from '../turns.js'
import { type EntryHead, type EntryPiece, entryPieces } from './entry-pieces.js'
import { readBackward, type Source } from './graph-at.js'

/**
 * Entries that one request looks through. What a node or an actor did is found by reading back
 * from the newest: an index by node would cost every command a row for each node that it touches,
 * a deletion of a large subtree as many rows as it has nodes, to make a rare question quicker.
 */
const LOOKED_THROUGH = 10_000

export type PageQuery = { before_seq?: number; limit?: number }

/** Where a page ends: the `before_seq` of the next one, or null. */
export type Page<Row> = { seq: number; rows: Row[]; next_before_seq: number | null }

/** `candidate` looks at the text only, to spare parsing what cannot be meant. */
type Select<Row> = {
  candidate: (body: string) => boolean
  /** What is told of one entry. */
  newSummary: () => EntrySummary
  row: (head: EntryHead, summary: EntrySummary) => Row | undefined
}

async function rowOf<Row>(body: string, select: Select<Row>, gone?: AbortSignal) {
  const summary = select.newSummary()
  const pieces = entryPieces(body)
  let head: EntryHead | undefined
  const steps = (function* steps() {
    head = yield* pieces
  })()
  await eachInTurns(steps, (piece) => summary.take(piece), gone)
  return head && select.row(head, summary)
}

/**
 * The newest entries before a seq that are selected, newest first (rule HIST2): `limit` at most, as
 * many as make a page, and as many as one request looks through (rule LIM17).
 * Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function historyPage<Row>(
  source: Source,
  { before_seq, limit = 50 }: PageQuery,
  select: Select<Row>,
): Promise<Result<Page<Row>>> {
  const { session, gone } = source
  const { seq } = session
  const upTo = Math.min(seq, (before_seq ?? seq + 1) - 1)
  const after = Math.max(0, upTo - LOOKED_THROUGH)
  const rows: Row[] = []
  let last = upTo + 1
  let [looked, told] = [0, 0]
  const reached = await readBackward(source, { after, upTo }, async (body, at) => {
    const isFull = rows.length === limit || told >= PAGE_CHARS
    if (isFull || (looked > 0 && looked + body.length > LOOK_CHARS)) return 'stop'
    last = at
    looked += body.length
    const found = select.candidate(body) ? await rowOf(body, select, gone) : undefined
    if (!found) return 'next'
    rows.push(found)
    // Of a large entry little may be told, but of a small one never more than it has.
    told += Math.min(body.length, PAGE_CHARS)
    return 'next'
  })
  if (reached === 'truncated' && last > upTo) {
    return fail('HISTORY_TRUNCATED', 'The entries before this seq are no longer kept')
  }
  const ended = reached === 'truncated' || last <= 1
  return ok({ seq, rows, next_before_seq: ended ? null : last })
}

/** Touched nodes that a summary names. */
const NAMED = 20

function nodeOf(change: Exclude<Change, { type: 'graph-replaced' }>): string {
  return 'node' in change ? change.node.id : change.node_id
}

/** What of an entry is about one node. */
type Touched = { node_id: string; changes: Change[]; isTouched: boolean }

/** Tells in numbers what an entry did, piece by piece (rule HIST2). */
export class EntrySummary {
  readonly #counts = { added: 0, removed: 0, moved: 0, properties_set: 0, replaced: false }
  readonly #named = new Set<string>()
  readonly #view: RoleView | null
  readonly #node: Touched | undefined
  #isWhole = true

  /** `node_id`: the node of which the changes are kept. */
  constructor(view: RoleView | null, node_id?: string) {
    this.#view = view
    this.#node = node_id === undefined ? undefined : { node_id, changes: [], isTouched: false }
  }

  take(piece: EntryPiece): void {
    if (!piece) return
    if (piece.kind === 'replaced') this.#counts.replaced = true
    if (piece.kind === 'node') this.#seeNode(piece.node)
    if (piece.kind === 'change') this.#take(piece.change)
  }

  /** Whether the entry touched the node, as far as the role may know. */
  get isAboutNode(): boolean {
    return this.#node?.isTouched ?? true
  }

  /** The changes of the node. */
  get changes(): Change[] {
    return this.#node?.changes ?? []
  }

  /** The entry as a history shows it; `undone_by` names the command by which it is undone now. */
  entry(head: EntryHead, undone_by: string | undefined): HistoryEntry {
    const { changes: _, result: __, label, ...told } = head
    const node_ids = [...this.#named].slice(0, NAMED)
    const summary = { ...this.#counts, node_ids, more_nodes: this.#named.size > NAMED }
    const undone = undone_by !== undefined
    return {
      ...told,
      // A label is free text that may repeat what it is about: it goes with what is left out.
      ...(label !== undefined && this.#isWhole && { label }),
      summary,
      undone,
      ...(undone && { undone_by }),
    }
  }

  #seeNode(node: Node): void {
    if (this.#node?.node_id === node.id) this.#node.isTouched = true
    if (this.#view && this.#view.node(node) !== node) this.#isWhole = false
  }

  #take(whole: Change): void {
    const [change] = this.#view ? this.#view.changes([whole]) : [whole]
    if (change !== whole) this.#isWhole = false
    if (!change || change.type === 'graph-replaced') return
    if (change.type === 'node-added') this.#counts.added += 1
    if (change.type === 'node-removed') this.#counts.removed += 1
    if (change.type === 'node-moved') this.#counts.moved += 1
    if (change.type === 'property-set') this.#counts.properties_set += 1
    const id = nodeOf(change)
    if (this.#named.size <= NAMED) this.#named.add(id)
    if (this.#node?.node_id !== id) return
    this.#node.isTouched = true
    this.#node.changes.push(change)
  }
}
