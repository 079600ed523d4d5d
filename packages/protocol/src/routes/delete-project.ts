import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectId } from '../model/id.js'

/** Deletes a project; its session stays. */
export const DeleteProject = defineRoute({
  method: 'DELETE',
  path: '/projects/{project_id}',
  summary: 'Deletes a project; its session stays.',
  requires: 'owner',
  scope: 'project',
  params: Type.Object({ project_id: ProjectId }),
  status: 200,
  response: Type.Object({ project_id: ProjectId, deleted: Type.Literal(true) }),
  errors: ['PROJECT_NOT_FOUND', 'SESSION_NOT_FOUND'],
  example: { params: { project_id: 'p-1' }, response: { project_id: 'p-1', deleted: true } },
})
