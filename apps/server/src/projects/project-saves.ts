import { ok, type ProjectInfo, type Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/publication.js'
import type { LiveSession } from '../sessions/live-session.js'
import type { ProjectStore } from './project-store.js'
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
  /** Of which project a session has the saved content, and at which seq. */
  readonly #same = new WeakMap<LiveSession, { project_id: string; seq: number }>()

  constructor(services: SaveServices) {
    this.#services = services
  }

  /** Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND, STORAGE_UNAVAILABLE, those of `authorised`. */
  save(project_id: string, authorised: Authorised = () => ok(null)): Promise<Result<ProjectInfo>> {
    // One after the other, so that of two saves the later state is the one that stays.
    return this.#turns.take(project_id, () => this.#save(project_id, authorised))
  }

  /** Does something with what is saved, while it stays as it is. */
  whileSaved<T>(project_id: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(project_id, work)
  }

  /** Notes that a session has, at this seq, the content that is saved. */
  isSaved(session: LiveSession, project_id: string, seq: number): void {
    this.#same.set(session, { project_id, seq })
  }

  /** Whether a session is known to have the very content that is saved. */
  hasSaved(session: LiveSession, project_id: string): boolean {
    const same = this.#same.get(session)
    return same?.project_id === project_id && same.seq === session.seq
  }

  async #save(project_id: string, authorised: Authorised): Promise<Result<ProjectInfo>> {
    const { store, sessions, broadcaster, now } = this.#services
    const project = await store.get(project_id)
    if (!project.ok) return project
    const state = await sessions.state(project.value)
    if (!state.ok) return state
    const { session, context, seq: saved_seq, image } = state.value
    const may = authorised()
    if (!may.ok) return may
    const timestamp = now()
    let { saved_at } = project.value
    // What is written already is not written again; everybody is told all the same.
    if (saved_at === null || !this.hasSaved(session, project_id)) {
      saved_at = timestamp
      const saved = await store.save(project_id, { nodes: image.nodes(), saved_seq, saved_at })
      if (!saved.ok) return saved
      this.isSaved(session, project_id, saved_seq)
    }
    const publication = { kind: 'saved', project_id, saved_seq, timestamp } as const
    broadcaster.publish(context, [publication])
    return ok({ ...project.value, saved_seq, saved_at })
  }
}
