import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectName, TemplateId } from '../model/id.js'
import { OpenedProject } from '../model/project.js'
import { GRAPH, OPENED, TIME } from './examples.js'

/** Creates a project from a template, with its session and its root node. */
export const CreateProject = defineRoute({
  method: 'POST',
  path: '/projects',
  summary: 'Creates a project from a template, with its session and its root node.',
  requires: 'editor',
  scope: 'user',
  body: Type.Object(
    {
      template_id: TemplateId,
      project_name: ProjectName,
    },
    { additionalProperties: false },
  ),
  status: 201,
  response: OpenedProject,
  errors: ['TEMPLATE_NOT_FOUND', 'INVALID_TEMPLATE'],
  example: {
    body: { template_id: 'film-production', project_name: 'Night Train' },
    response: {
      ...OPENED,
      graph: {
        ...GRAPH,
        seq: 1,
        template_id: 'film-production',
        roots: ['root-1'],
        nodes: [
          {
            id: 'root-1',
            blueprint_type_id: 'film',
            name: 'Night Train',
            parent_id: null,
            children: [],
            properties: {},
            created_at: TIME,
          },
        ],
      },
    },
  },
})
