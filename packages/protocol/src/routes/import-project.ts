import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectName, TemplateId } from '../model/id.js'
import { ProjectDocument } from '../model/project-document.js'
import { OpenedProject } from '../model/project.js'
import { OPENED } from './examples.js'

/** Imports a project file as it is on disk, into a new project and session. */
export const ImportProject = defineRoute({
  method: 'POST',
  path: '/projects/import',
  summary: 'Imports a project file as it is on disk, into a new project and session.',
  requires: 'editor',
  scope: 'user',
  query: Type.Object(
    {
      project_name: Type.Optional(ProjectName),
      template_id: Type.Optional(TemplateId),
    },
    { additionalProperties: false },
  ),
  body: ProjectDocument,
  status: 201,
  response: OpenedProject,
  errors: [
    'TEMPLATE_NOT_FOUND',
    'INVALID_TEMPLATE',
    'NODE_EXISTS',
    'INVALID_PARENT',
    'CYCLE_DETECTED',
  ],
  example: {
    query: { project_name: 'Night Train' },
    body: {
      graph: {
        nodes: [
          { id: 'phase-1', type: 'phase', name: 'Post-production', children: ['task-1'] },
          { id: 'task-1', type: 'task', name: 'Cut the trailer' },
        ],
      },
    },
    response: OPENED,
  },
})
