import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectId } from '../model/id.js'
import { ProjectInfo } from '../model/project.js'
import { PROJECT } from './examples.js'

/** Saves the project as its session stands now. */
export const SaveProject = defineRoute({
  method: 'POST',
  path: '/projects/{project_id}/save',
  summary: 'Saves the project as its session stands now.',
  requires: 'editor',
  scope: 'project',
  params: Type.Object({ project_id: ProjectId }),
  status: 200,
  response: ProjectInfo,
  errors: ['PROJECT_NOT_FOUND', 'SESSION_NOT_FOUND'],
  example: { params: { project_id: 'p-1' }, response: PROJECT },
})
