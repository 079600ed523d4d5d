import { ok, ROUTES, type ProjectInfo } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { ProjectService } from '../../projects/project-service.js'
import { roleOf } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import { callerElsewhere, listedFor, mayCreate } from './door.js'
import { listPage } from './list-page.js'
import { mount, type RouteHandler } from './route.js'

const { requires } = ROUTES.LoadProject

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
  mount(app, 'ListProjects', async ({ query, reply }) => {
    const of = listedFor(reply)
    const idOf = (project: ProjectInfo) => project.project_id
    const page = await listPage(query, idOf, (asked) => projects.list({ ...asked, of }))
    if (!page.ok) return page
    const { things, next_cursor } = page.value
    return ok({ projects: things, next_cursor })
  })
  mount(app, 'GetProject', ({ params }) => projects.get(params.project_id))
  const remove: RouteHandler<'DeleteProject'> = async ({ caller, params: { project_id } }) => {
    const deleted = await projects.delete(project_id, caller)
    return deleted.ok ? ok({ project_id, deleted: true }) : deleted
  }
  mount(app, 'DeleteProject', remove, { inTurn: true })
  mount(app, 'SaveProject', ({ caller, params }) => projects.save(params.project_id, caller))
  mount(app, 'LoadProject', async ({ caller, params, body: { session_id }, reply }) => {
    if (session_id === undefined) return projects.load(params.project_id, { caller })
    const there = await callerElsewhere(reply, session_id)
    const may = authorise(there, requires)
    if (!may.ok) return may
    return projects.load(params.project_id, { caller, into: { session_id, caller: there } })
  })
  mount(app, 'ExportProject', ({ caller, params }) =>
    projects.export(params.project_id, roleOf(caller)),
  )
}
