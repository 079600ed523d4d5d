import { ok, type ProjectInfo, type Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/publication.js'
import { infoOf, type ProjectStore } from './project-store.js'
import type { ProjectSessions } from './project-sessions.js'
import { Turns } from './turns.js'

type SaveServices = {
  store: ProjectStore
  sessions: ProjectSessions
  broadcaster: Broadcaster
  now: () => string
}

/** Whether it may still be done, at the moment at which it is. */
type Authorised = () => Result<null>

/** Saves projects as their sessions stand. */
export class ProjectSaves {
  readonly #services: SaveServices
  readonly #turns = new Turns()

  constructor(services: SaveServices) {
    this.#services = services
  }

  /** Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND, STORAGE_UNAVAILABLE, those of `authorised`. */
  save(project_id: string, authorised: Authorised = () => ok(null)): Promise<Result<ProjectInfo>> {
    // One after the other, so that of two saves the later state is the one that stays.
    return this.#turns.take(project_id, () => this.#save(project_id, authorised))
  }

  async #save(project_id: string, authorised: Authorised): Promise<Result<ProjectInfo>> {
    const { store, sessions, broadcaster, now } = this.#services
    const project = await store.get(project_id)
    if (!project.ok) return project
    const state = await sessions.state(project.value)
    if (!state.ok) return state
    const { context, seq: saved_seq, nodes } = state.value
    const may = authorised()
    if (!may.ok) return may
    const saved_at = now()
    const saved = await store.save(project_id, { nodes, saved_seq, saved_at })
    if (!saved.ok) return saved
    const publication = { kind: 'saved', project_id, saved_seq, timestamp: saved_at } as const
    broadcaster.publish(context, [publication])
    return ok({ ...infoOf(project.value), saved_seq, saved_at })
  }
}
