import { ok, ROUTES, type Role } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { ProjectService } from '../../projects/project-service.js'
import type { Caller } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import { accessible, callerElsewhere, mayCreate } from './door.js'
import { mount } from './route.js'

const { requires } = ROUTES.LoadProject

/** Who has been let in has a role. */
function roleOf({ role }: Caller): Role {
  return role ?? 'viewer'
}

/** `importBytes`: of a project file; ordinary messages are smaller. */
export function mountProjects(
  app: FastifyInstance,
  { projects, importBytes }: { projects: ProjectService; importBytes: number },
): void {
  mount(app, 'CreateProject', async ({ caller, body, reply }) => {
    const allowed = await mayCreate(reply, caller)
    return allowed.ok ? projects.create(caller.actor, body) : allowed
  })
  mount(
    app,
    'ImportProject',
    async ({ caller, query, body, reply }) => {
      const allowed = await mayCreate(reply, caller)
      return allowed.ok ? projects.import(caller.actor, body, query) : allowed
    },
    { bodyLimit: importBytes, anyWidth: true },
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
