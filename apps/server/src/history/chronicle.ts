import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  diffInPieces,
  withTypes,
  type GraphImage,
  type ProjectGraph,
  type RoleView,
} from '@talus/graph'
import {
  fail,
  ok,
  type Change,
  type Entry,
  type HistoryEntry,
  type NodeHistoryEntry,
  type Result,
} from '@talus/protocol'
import type { WayBack } from '../dispatch/task.js'
import { StorageError, type Journal } from '../journal/journal.js'
import type { Faults } from '../observability/faults.js'
import type { LiveSession } from '../sessions/live-session.js'
import { changesPage, type ChangesPage } from './changes-page.js'
import { changesOfNode, historyEntry } from './entry-summary.js'
import { graphAt } from './graph-at.js'
import { historyPage, type Page, type PageQuery } from './history-page.js'

/** Whose view of the entries is wanted; null: all of them. */
type Seen = { view: RoleView | null }

function seenBy(view: RoleView | null, entry: Entry): Entry {
  return view ? view.entry(entry) : entry
}

/** Steps of a comparison that are done in one turn of the event loop. */
const STEPS = 500

async function difference(from: ProjectGraph, to: ProjectGraph): Promise<Change[]> {
  const pieces = diffInPieces(from, to)
  for (let step = 1; ; step += 1) {
    const { done, value } = pieces.next()
    if (done) return value
    if (step % STEPS === 0) await nextTurn()
  }
}

/** What a session was before: its entries, its states, and what lies between them. */
export class Chronicle {
  readonly #journal: Journal
  readonly #faults: Faults

  constructor(journal: Journal, faults: Faults) {
    this.#journal = journal
    this.#faults = faults
  }

  /** The entries after a seq. Errors: HISTORY_TRUNCATED. */
  changes(
    session: LiveSession,
    query: { after_seq: number; limit: number },
  ): Promise<Result<ChangesPage>> {
    return this.#reading(session, () => changesPage({ journal: this.#journal, session }, query))
  }

  /** What was done, newest first, by everybody or by one actor. Errors: HISTORY_TRUNCATED. */
  history(
    session: LiveSession,
    query: PageQuery & Seen & { actor?: string },
  ): Promise<Result<Page<HistoryEntry>>> {
    const { actor, view } = query
    return this.#reading(session, () =>
      historyPage({ journal: this.#journal, session }, query, {
        candidate: (body) => actor === undefined || body.includes(JSON.stringify(actor)),
        row: (entry) =>
          actor === undefined || entry.actor.id === actor
            ? historyEntry(seenBy(view, entry), session.undoneBy(entry.command_id))
            : undefined,
      }),
    )
  }

  /** What touched a node, newest first. Errors: NODE_NOT_FOUND, HISTORY_TRUNCATED. */
  async nodeHistory(
    session: LiveSession,
    node_id: string,
    query: PageQuery & Seen,
  ): Promise<Result<Page<NodeHistoryEntry>>> {
    if (!session.withDurable(({ graph }) => graph.knows(node_id))) {
      return fail('NODE_NOT_FOUND', 'Node not found', [
        { path: '/node_id', expected: 'a node that is or was in the session', actual: node_id },
      ])
    }
    return this.#reading(session, () =>
      historyPage({ journal: this.#journal, session }, query, {
        candidate: (body) => body.includes(JSON.stringify(node_id)),
        row: (whole) => {
          const entry = seenBy(query.view, whole)
          const changes = changesOfNode(entry, node_id)
          const undone_by = session.undoneBy(entry.command_id)
          return changes && { ...historyEntry(entry, undone_by), changes }
        },
      }),
    )
  }

  /**
   * A copy of the graph as it was after `seq`, which the field at `path` named.
   * Errors: BAD_REQUEST, HISTORY_TRUNCATED.
   */
  async graphAt(session: LiveSession, seq: number, path = '/seq'): Promise<Result<ProjectGraph>> {
    const now = session.seq
    if (seq > now) {
      const details = [{ path, expected: `a seq of ${now} at most`, actual: seq }]
      return fail('BAD_REQUEST', `The session is at seq ${now}`, details)
    }
    return this.#reading(session, () => graphAt({ journal: this.#journal, session, seq }))
  }

  /** The graph as it was after `seq`, to be read. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async imageAt(session: LiveSession, seq: number): Promise<Result<GraphImage>> {
    if (seq === session.seq) return ok(session.withDurable(({ graph }) => graph.image()))
    const graph = await this.graphAt(session, seq, '/at_seq')
    return graph.ok ? ok(graph.value.image()) : graph
  }

  /** The net changes from one state to another. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async diff(session: LiveSession, from_seq: number, to_seq: number): Promise<Result<Change[]>> {
    const from = await this.graphAt(session, from_seq, '/from_seq')
    if (!from.ok) return from
    const to = await this.graphAt(session, to_seq, '/to_seq')
    if (!to.ok) return to
    const changes = await difference(from.value, to.value)
    return ok(session.rules ? withTypes(from.value, changes) : changes)
  }

  /** How to get to a former state. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
  async wayBack(session: LiveSession, seq: number): Promise<Result<WayBack>> {
    const target = await this.graphAt(session, seq)
    if (!target.ok) return target
    const from_seq = session.seq
    const present = await this.graphAt(session, from_seq)
    if (!present.ok) return present
    const changes = await difference(present.value, target.value)
    return ok({ seq, target: target.value, from_seq, changes })
  }

  async #reading<T>(session: LiveSession, read: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await read()
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      const { session_id } = session.record
      const failure = this.#faults.storage(err, 'The history could not be read', { session_id })
      return { ok: false, error: failure }
    }
  }
}
