import {
  diffInPieces,
  type GraphImage,
  type ProjectGraph,
  type RoleView,
  withTypesInSteps,
} from '@talus/graph'
import {
  type Change,
  fail,
  type HistoryEntry,
  type Node,
  type NodeHistoryEntry,
  ok,
  type Result,
} from '@talus/protocol'
import { type Faults, StorageError } from '../errors.js'
import { type EntryText, includes } from '../journal/entry-text.js'
import type { Journal } from '../journal/journal.js'
import { CHANGES_CHARS, LOOK_CHARS, PAGE_CHARS } from '../limits/costs.js'
import { eachInTurns, inTurns } from '../turns.js'
import { type EntryHead, type EntryPiece, entryPieces } from './entry-pieces.js'
import { graphAt, readBackward, readForward, type Source } from './graph-at.js'
import type { LiveSession } from './live-session.js'
import type { WayBack } from './task.js'

/**
 * Entries that one request looks through. What a node or an actor did is found by reading back
 * from the newest: an index by node would cost every command a row for each node that it touches,
 * a deletion of a large subtree as many rows as it has nodes, to make a rare question quicker.
 */
const LOOKED_THROUGH = 10_000

type PageQuery = { before_seq?: number; limit?: number }

/** Where a page ends: the `before_seq` of the next one, or null. */
type Page<Row> = { seq: number; rows: Row[]; next_before_seq: number | null }

/** `candidate` looks at the text only, to spare parsing what cannot be meant. */
type Select<Row> = {
  candidate: (body: EntryText) => boolean
  /** What is told of one entry. */
  newSummary: () => EntrySummary
  row: (head: EntryHead, summary: EntrySummary) => Row | undefined
}

async function rowOf<Row>(body: EntryText, select: Select<Row>, gone?: AbortSignal) {
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
async function historyPage<Row>(
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
class EntrySummary {
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

/** Whose view of the entries is wanted; null: all of them. */
type Seen = { view: RoleView | null }

/** What was asked for, and whether somebody still waits for it. */
type HistoryQuery<Query> = Query & { gone?: AbortSignal | undefined }

/** What a session was before: its entries, its states, and what lies between them. */
export class HistoryReader {
  readonly #journal: Journal
  readonly #faults: Faults

  constructor(journal: Journal, faults: Faults) {
    this.#journal = journal
    this.#faults = faults
  }

  /** The entries after a seq. Errors: HISTORY_TRUNCATED. */
  changes(
    session: LiveSession,
    query: HistoryQuery<{ after_seq: number; limit: number }>,
  ): Promise<Result<ChangesPage>> {
    return this.#reading(session, query, (source) => changesPage(source, query))
  }

  /** What was done, newest first, by everybody or by one actor. Errors: HISTORY_TRUNCATED. */
  history(
    session: LiveSession,
    query: HistoryQuery<PageQuery & Seen & { actor?: string }>,
  ): Promise<Result<Page<HistoryEntry>>> {
    const { actor, view } = query
    return this.#reading(session, query, (source) =>
      historyPage(source, query, {
        candidate: (body) => actor === undefined || includes(body, JSON.stringify(actor)),
        newSummary: () => new EntrySummary(view),
        row: (head, summary) =>
          actor === undefined || head.actor.id === actor
            ? summary.entry(head, session.undoneBy(head.command_id))
            : undefined,
      }),
    )
  }

  /** What touched a node, newest first. Errors: NODE_NOT_FOUND, HISTORY_TRUNCATED. */
  async nodeHistory(
    session: LiveSession,
    node_id: string,
    query: HistoryQuery<PageQuery & Seen>,
  ): Promise<Result<Page<NodeHistoryEntry>>> {
    if (!session.withDurable(({ graph }) => graph.knows(node_id))) {
      return fail('NODE_NOT_FOUND', 'Node not found', [
        { path: '/node_id', expected: 'a node that is or was in the session', actual: node_id },
      ])
    }
    return this.#reading(session, query, (source) =>
      historyPage(source, query, {
        candidate: (body) => includes(body, JSON.stringify(node_id)),
        newSummary: () => new EntrySummary(query.view, node_id),
        row: (head, summary) => {
          if (!summary.isAboutNode) return undefined
          const { changes } = summary
          return { ...summary.entry(head, session.undoneBy(head.command_id)), changes }
        },
      }),
    )
  }

  /**
   * A copy of the graph as it was after `seq`, which the field at `path` named.
   * Errors: BAD_REQUEST, HISTORY_TRUNCATED.
   */
  async graphAt(
    session: LiveSession,
    { seq, path = '/seq', gone }: HistoryQuery<{ seq: number; path?: string }>,
  ): Promise<Result<ProjectGraph>> {
    const now = session.seq
    if (seq > now) {
      const details = [{ path, expected: `a seq of ${now} at most`, actual: seq }]
      return fail('BAD_REQUEST', `The session is at seq ${now}`, details)
    }
    return this.#reading(session, { gone }, (source) => graphAt({ ...source, seq }))
  }

  /** The graph as it was after `seq`, to be read. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async imageAt(
    session: LiveSession,
    { seq, gone }: HistoryQuery<{ seq: number }>,
  ): Promise<Result<GraphImage>> {
    if (seq === session.seq) return ok(session.presentImage().image)
    const graph = await this.graphAt(session, { seq, path: '/at_seq', gone })
    return graph.ok ? ok(graph.value.image()) : graph
  }

  /** The net changes from one state to another. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async diff(
    session: LiveSession,
    { from_seq, to_seq, gone }: HistoryQuery<{ from_seq: number; to_seq: number }>,
  ): Promise<Result<Change[]>> {
    const from = await this.graphAt(session, { seq: from_seq, path: '/from_seq', gone })
    if (!from.ok || from_seq === to_seq) return from.ok ? ok([]) : from
    const to = await this.graphAt(session, { seq: to_seq, path: '/to_seq', gone })
    if (!to.ok) return to
    const changes = await inTurns(diffInPieces(from.value, to.value), gone)
    return ok(session.rules ? await inTurns(withTypesInSteps(from.value, changes), gone) : changes)
  }

  /** How to get to a former state. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async wayBack(session: LiveSession, seq: number): Promise<Result<WayBack>> {
    const target = await this.graphAt(session, { seq })
    if (!target.ok) return target
    const from_seq = session.seq
    const present = await this.graphAt(session, { seq: from_seq })
    if (!present.ok) return present
    const changes = await inTurns(diffInPieces(present.value, target.value))
    return ok({ seq, target: target.value, from_seq, changes })
  }

  async #reading<T>(
    session: LiveSession,
    { gone }: HistoryQuery<object>,
    read: (source: Source) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    try {
      return await read({ journal: this.#journal, session, gone })
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      const { session_id } = session.record
      const failure = this.#faults.storage(err, 'The history could not be read', { session_id })
      return { ok: false, error: failure }
    }
  }
}

/** `bodies` are entries as JSON: what the journal holds is sent as it is. */
type ChangesPage = { seq: number; bodies: EntryText[]; has_more: boolean }

/**
 * The entries after a seq, `limit` at most, and as many as make a page; one at least if there is
 * one, however large (rule LIM17). Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
async function changesPage(
  source: Source,
  { after_seq, limit }: { after_seq: number; limit: number },
): Promise<Result<ChangesPage>> {
  const { seq } = source.session
  const upTo = Math.min(seq, after_seq + limit)
  const bodies: EntryText[] = []
  let chars = 0
  const reached = await readForward(source, { after: after_seq, upTo }, (body) => {
    if (bodies.length > 0 && chars + body.length > CHANGES_CHARS) return 'stop'
    bodies.push(body)
    chars += body.length
    return 'next'
  })
  if (reached === 'truncated') {
    return fail('HISTORY_TRUNCATED', 'The entries after this seq are no longer kept', [
      { path: '/after_seq', expected: 'a seq whose next entry is kept', actual: after_seq },
    ])
  }
  return ok({ seq, bodies, has_more: after_seq + bodies.length < seq })
}
