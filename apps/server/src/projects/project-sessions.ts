import type { GraphImage } from '@talus/graph'
import { fail, ok, type Actor, type Node, type Result, type Role } from '@talus/protocol'
import type { SessionContext } from '../broadcast/publication.js'
import type { ProjectRecord } from '../journal/journal.js'
import type { Asker } from '../members/asker.js'
import type { LiveSession } from '../sessions/live-session.js'
import type { SessionStore } from '../sessions/session-store.js'

type Owned = Pick<ProjectRecord, 'project_id' | 'template_id' | 'session_id'>

/**
 * What a session is filled with: parents first, at least one piece; by whom, and whose role is asked
 * for again when it is.
 */
export type Filling = {
  actor: Actor
  project_id: string
  pieces: AsyncIterable<Node[]>
  caller?: Asker
  /** The caller in the session that the nodes come from, if that is another one. */
  source?: Asker | undefined
  requires?: Role
}

/** The durable state of a project's session. */
export type ProjectState = {
  session: LiveSession
  context: SessionContext
  seq: number
  image: GraphImage
}

/** A project that was opened, and the session that it is edited in. */
export type Opened = {
  project: Pick<ProjectRecord, 'project_id' | 'project_name'>
  session: LiveSession
}

/** The sessions in which projects are edited. */
export class ProjectSessions {
  readonly #sessions: SessionStore
  readonly #newId: () => string

  constructor(sessions: SessionStore, newId: () => string) {
    this.#sessions = sessions
    this.#newId = newId
  }

  /** Makes a session for a project, under the project's own session id if it had one. */
  async create(
    project: Omit<Owned, 'session_id'> & { session_id?: string },
    creator: Actor,
  ): Promise<Result<LiveSession>> {
    const created = await this.#sessions.create(project, creator)
    return created.ok ? this.#sessions.get(created.value.session_id) : created
  }

  /** Errors: SESSION_NOT_FOUND, STORAGE_UNAVAILABLE. */
  find({ session_id }: Owned): Promise<Result<LiveSession>> {
    return this.#sessions.get(session_id)
  }

  /** Errors: SESSION_NOT_FOUND, STORAGE_UNAVAILABLE. */
  async state(project: Owned): Promise<Result<ProjectState>> {
    const session = await this.find(project)
    if (!session.ok) return session
    const { context } = session.value
    const { seq, image } = session.value.withDurable((state) => ({
      seq: state.seq,
      image: state.graph.image(),
    }))
    return ok({ session: session.value, context, seq, image })
  }

  /**
   * The session that a project is loaded into: its own, made again for an administrator if it was
   * deleted (rule AUTH8), or another.
   * Another one may not belong to another project, whose next save would keep the wrong graph, and
   * may not have rules that the graph was not made by. Errors: SESSION_NOT_FOUND, BAD_REQUEST.
   */
  async toLoadInto(
    project: Owned,
    { caller, chosen }: { caller: Asker; chosen: string | undefined },
  ): Promise<Result<LiveSession>> {
    const { project_id, template_id, session_id } = project
    const session = await this.#sessions.get(chosen ?? session_id)
    const own = chosen === undefined || chosen === session_id
    const gone = !session.ok && session.error.code === 'SESSION_NOT_FOUND'
    if (own && gone && caller.admin) {
      return this.create({ project_id, template_id, session_id }, caller.actor)
    }
    if (own || !session.ok) return session
    const { record } = session.value
    const free = record.project_id === null || record.project_id === project_id
    const suits = record.template_id === null || record.template_id === template_id
    if (free && suits) return session
    const rules = template_id === null ? 'no template' : `the template '${template_id}' or none`
    return fail('BAD_REQUEST', 'The project cannot be loaded into this session', [
      {
        path: '/session_id',
        expected: `a session of no other project, with ${rules}`,
        actual: chosen,
      },
    ])
  }

  /**
   * Replaces the graph of the session by nodes that undo does not take back: in one commit, or in
   * one for each piece where nobody sees the session yet. Gives the seq of the last.
   */
  async fill(
    session: LiveSession,
    { project_id, pieces, ...asked }: Filling,
  ): Promise<Result<number>> {
    let seq: number | null = null
    for await (const nodes of pieces) {
      const ack = await session.submit({
        kind: 'replace',
        command_id: this.#newId(),
        chosen: false,
        payload_hash: '',
        ...asked,
        nodes,
        continues: seq !== null,
        result: { project_id },
      })
      if (!ack.ok) return ack
      seq = ack.seq
    }
    return ok(seq ?? session.seq)
  }

  /** Takes back a session that was made for a project that came to nothing. */
  async discard(session: LiveSession): Promise<void> {
    await this.#sessions.delete(session.record.session_id)
  }

  /** The project was deleted: its session goes on without one. */
  async release({ session_id }: Owned): Promise<void> {
    const session = await this.#sessions.get(session_id)
    // The journal knows already; a session that is open read its record before.
    if (session.ok) session.value.record.project_id = null
  }
}
