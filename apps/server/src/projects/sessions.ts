import { type Blueprint, type GraphImage, plan, ProjectGraph } from '@talus/graph'
import { type Actor, fail, type Node, ok, type Result, type Role } from '@talus/protocol'
import type { Caller } from '../auth/identity.js'
import type { SessionContext } from '../broadcast/publication.js'
import type { ProjectRecord } from '../journal/journal.js'
import type { LiveSession } from '../session/live-session.js'
import type { SessionStore } from '../session/store.js'
import type { NewProject, ProjectSaves, ProjectStore } from './register.js'

/** What a node takes of memory, roughly. */
const NODE_BYTES = 500

type Owned = Pick<ProjectRecord, 'project_id' | 'template_id' | 'session_id'>

/**
 * What a session is filled with: parents first, at least one piece; by whom, and whose role is asked
 * for again when it is.
 */
export type Filling = {
  actor: Actor
  /** Of the first commit; absent: an id of the server's. */
  command?: { command_id: string; payload_hash: string } | undefined
  project_id: string
  pieces: AsyncIterable<Node[]>
  caller?: Caller
  /** The caller in the session that the nodes come from, if that is another one. */
  source?: Caller | undefined
  requires?: Role
}

/** The durable state of a project's session. */
type ProjectState = {
  session: LiveSession
  context: SessionContext
  seq: number
  image: GraphImage
}

/** A project that was opened, and the session that it is edited in. */
export type OpenedProject = {
  project: Pick<ProjectRecord, 'project_id' | 'project_name'>
  session: LiveSession
  /** It had been created before, by the same command (rule IDEM7). */
  duplicate?: true
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
    { caller, chosen }: { caller: Caller; chosen: string | undefined },
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
    { project_id, pieces, command, ...asked }: Filling,
  ): Promise<Result<number>> {
    let seq: number | null = null
    for await (const nodes of pieces) {
      const ack = await session.submit({
        kind: 'replace',
        command_id: this.#newId(),
        payload_hash: '',
        ...(seq === null && command),
        chosen: false,
        ...asked,
        nodes,
        bytes: NODE_BYTES * nodes.length,
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

type CreationServices = {
  store: ProjectStore
  sessions: ProjectSessions
  saves: ProjectSaves
  now: () => string
}

/** What a new project begins with. */
export type Beginning = {
  project_name: string
  template_id: string | null
  /** Parents first, some at a time. */
  pieces: AsyncIterable<Node[]>
  /** As it is stored. */
  envelope: string
}

/**
 * Makes a project with its session. Session and graph come first, the project last: a crash in
 * between leaves a session too many, never a project without one. It is saved at once, so that
 * there is always something to load. Errors: STORAGE_UNAVAILABLE.
 */
export async function createProject(
  services: CreationServices,
  actor: Actor,
  { project_name, template_id, pieces, envelope }: Beginning,
  { project_id, command }: NewProject,
): Promise<Result<OpenedProject>> {
  const { store, sessions, saves, now } = services
  const session = await sessions.create({ project_id, template_id }, actor)
  if (!session.ok) return session
  const project: ProjectRecord = {
    project_id,
    project_name,
    template_id,
    session_id: session.value.record.session_id,
    created_at: now(),
    saved_at: null,
    saved_seq: null,
    envelope,
  }
  const filled = await sessions.fill(session.value, { actor, project_id, pieces, command })
  const created = filled.ok ? await store.create(project) : filled
  const saved = created.ok ? await saves.save(project_id, actor) : created
  if (saved.ok) return ok({ project, session: session.value })
  await store.delete(project_id)
  await sessions.discard(session.value)
  return saved
}

/**
 * The nodes that a new project begins with: its root, named like the project, with the defaults of
 * the blueprint. What the blueprint requires beyond that is still to be filled in by people.
 */
export function rootOf(
  blueprint: Blueprint,
  name: string,
  context: { newId: () => string; now: () => string },
): Result<Node[]> {
  const type = blueprint.rootType()
  if (!type) {
    const { template_id } = blueprint
    return fail('INVALID_TEMPLATE', `Template '${template_id}' has no node type for a root`, [
      { path: '/node_types', expected: 'at least one node type' },
    ])
  }
  const graph = ProjectGraph.empty()
  const data = { blueprint_type_id: type.id, name }
  const command = { command_type: 'CreateNode', data } as const
  const planned = plan(graph, command, { ...context, blueprint })
  if (!planned.ok) return planned
  graph.apply(planned.value.changes)
  return ok(graph.nodes())
}
