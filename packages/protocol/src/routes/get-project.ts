import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectId } from '../model/id.js'
import { ProjectInfo } from '../model/project.js'
import { PROJECT } from './examples.js'

/** Shows one project. */
export const GetProject = defineRoute({
  method: 'GET',
  path: '/projects/{project_id}',
  summary: 'Shows one project.',
  requires: 'viewer',
  scope: 'project',
  params: Type.Object({ project_id: ProjectId }),
  status: 200,
  response: ProjectInfo,
  errors: ['PROJECT_NOT_FOUND', 'SESSION_NOT_FOUND'],
  example: { params: { project_id: 'p-1' }, response: PROJECT },
})
