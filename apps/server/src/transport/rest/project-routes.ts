import { ok, ROUTES } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { ProjectService } from '../../projects/project-service.js'
import { authorise } from '../../gate/gate.js'
import { accessible, callerElsewhere } from './door.js'
import { mount } from './route.js'

/** For files: some 80,000 nodes as the existing application writes them. */
const PROJECT_FILE = { bodyLimit: 64 * 1024 * 1024 }

const { requires } = ROUTES.LoadProject

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
    if (session_id !== undefined) {
      const into = authorise(await callerElsewhere(reply, session_id), requires)
      if (!into.ok) return into
    }
    return projects.load(caller.actor, params.project_id, session_id)
  })
  mount(app, 'ExportProject', ({ params }) => projects.export(params.project_id))
}
