import { ok, type Actor, type Node, type Result } from '@talus/protocol'
import type { ProjectRecord } from '../journal/journal.js'
import type { ProjectSaves } from './project-saves.js'
import type { Opened, ProjectSessions } from './project-sessions.js'
import type { ProjectStore } from './project-store.js'

type CreationServices = {
  store: ProjectStore
  sessions: ProjectSessions
  saves: ProjectSaves
  newId: () => string
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
): Promise<Result<Opened>> {
  const { store, sessions, saves, newId, now } = services
  const project_id = newId()
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
  const filled = await sessions.fill(session.value, { actor, project_id, pieces })
  const created = filled.ok ? await store.create(project) : filled
  const saved = created.ok ? await saves.save(project_id) : created
  if (saved.ok) return ok({ project, session: session.value })
  await store.delete(project_id)
  await sessions.discard(session.value)
  return saved
}
