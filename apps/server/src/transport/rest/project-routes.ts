import { ok, ROUTES, type Role } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { ProjectService } from '../../projects/project-service.js'
import type { Caller } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import { accessible, callerElsewhere } from './door.js'
import { mount } from './route.js'

/** For files: some 80,000 nodes as the existing application writes them. */
const PROJECT_FILE = { bodyLimit: 64 * 1024 * 1024 }

const { requires } = ROUTES.LoadProject

/** Who has been let in has a role. */
function roleOf({ role }: Caller): Role {
  return role ?? 'viewer'
}

export function mountProjects(app: FastifyInstance, projects: ProjectService): void {
  mount(app, 'CreateProject', ({ caller, body }) => projects.create(caller.actor, body))
  mount(
    app,
    'ImportProject',
    ({ caller, query, body }) => projects.import(caller.actor, body, query),
    PROJECT_FILE,
  )
  mount(app, 'ListProjects', async ({ reply }) => {
    const listed = await projects.list()
    return listed.ok ? ok({ projects: await accessible(reply, listed.value) }) : listed
  })
  mount(app, 'GetProject', ({ params }) => projects.get(params.project_id))
  mount(app, 'DeleteProject', async ({ params: { project_id } }) => {
    const deleted = await projects.delete(project_id)
    return deleted.ok ? ok({ project_id, deleted: true }) : deleted
  })
  mount(app, 'SaveProject', ({ params }) => projects.save(params.project_id))
  mount(app, 'LoadProject', async ({ caller, params, body: { session_id }, reply }) => {
    const load = { actor: caller.actor, role: roleOf(caller) }
    if (session_id === undefined) return projects.load(params.project_id, load)
    const there = await callerElsewhere(reply, session_id)
    const may = authorise(there, requires)
    if (!may.ok) return may
    return projects.load(params.project_id, { ...load, into: { session_id, role: roleOf(there) } })
  })
  mount(app, 'ExportProject', ({ caller, params }) =>
    projects.export(params.project_id, roleOf(caller)),
  )
}
