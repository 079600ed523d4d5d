import {
  diffInPieces,
  type GraphImage,
  type ProjectGraph,
  type RoleView,
  withTypes,
} from '@talus/graph'
import {
  type Change,
  fail,
  type HistoryEntry,
  type NodeHistoryEntry,
  ok,
  type Result,
} from '@talus/protocol'
import { type Faults, StorageError } from '../errors.js'
import type { Journal } from '../journal/journal.js'
import { CHANGES_CHARS } from '../limits/costs.js'
import { inTurns } from '../turns.js'
import { graphAt, readForward, type Source } from './graph-at.js'
import { EntrySummary, historyPage, type Page, type PageQuery } from './history-page.js'
import type { LiveSession } from './live-session.js'
import type { WayBack } from './task.js'

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
        candidate: (body) => actor === undefined || body.includes(JSON.stringify(actor)),
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
        candidate: (body) => body.includes(JSON.stringify(node_id)),
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
    return ok(session.rules ? withTypes(from.value, changes) : changes)
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
type ChangesPage = { seq: number; bodies: string[]; has_more: boolean }

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
  const bodies: string[] = []
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
