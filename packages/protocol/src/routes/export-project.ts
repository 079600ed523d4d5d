import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectId } from '../model/id.js'
import { ProjectDocument } from '../model/project-document.js'

/** The project as a file: what was imported, with all later changes. */
export const ExportProject = defineRoute({
  method: 'GET',
  path: '/projects/{project_id}/export',
  summary: 'The project as a file: what was imported, with all later changes.',
  requires: 'viewer',
  scope: 'project',
  params: Type.Object({ project_id: ProjectId }),
  status: 200,
  response: ProjectDocument,
  errors: ['PROJECT_NOT_FOUND', 'SESSION_NOT_FOUND'],
  example: {
    params: { project_id: 'p-1' },
    response: {
      graph: {
        nodes: [
          { id: 'phase-1', type: 'phase', name: 'Post-production', children: ['task-1'] },
          { id: 'task-1', type: 'task', name: 'Cut the trailer' },
        ],
      },
    },
  },
})
