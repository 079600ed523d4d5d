import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { ProjectService } from '../../projects/project-service.js'
import { mount } from './route.js'

/** For files: some 80,000 nodes as the existing application writes them. */
const PROJECT_FILE = { bodyLimit: 64 * 1024 * 1024 }

export function mountProjects(app: FastifyInstance, projects: ProjectService): void {
  mount(app, 'CreateProject', ({ caller, body }) => projects.create(caller.actor, body))
  mount(
    app,
    'ImportProject',
    ({ caller, query, body }) => projects.import(caller.actor, body, query),
    PROJECT_FILE,
  )
  mount(app, 'ListProjects', async () => {
    const listed = await projects.list()
    return listed.ok ? ok({ projects: listed.value }) : listed
  })
  mount(app, 'GetProject', ({ params }) => projects.get(params.project_id))
  mount(app, 'DeleteProject', async ({ params: { project_id } }) => {
    const deleted = await projects.delete(project_id)
    return deleted.ok ? ok({ project_id, deleted: true }) : deleted
  })
  mount(app, 'SaveProject', ({ params }) => projects.save(params.project_id))
  mount(app, 'LoadProject', ({ caller, params, body }) =>
    projects.load(caller.actor, params.project_id, body.session_id),
  )
  mount(app, 'ExportProject', ({ params }) => projects.export(params.project_id))
}
