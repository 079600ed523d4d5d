import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandId, ProjectId, ProjectName, SessionId, TemplateId } from '../model/id.js'
import { ListQuery, NextCursor } from '../model/list-page.js'
import { OpenedProject, ProjectDocument, ProjectInfo } from '../model/project.js'
import { GRAPH, OPENED, PROJECT, SESSION_ID, TIME } from './examples.js'

/**
 * Creates a project from a template, with its session and its root node. `command_id` makes a retry
 * safe (rule IDEM7).
 */
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
      command_id: Type.Optional(CommandId),
    },
    { additionalProperties: false },
  ),
  status: 201,
  response: OpenedProject,
  errors: ['TEMPLATE_NOT_FOUND', 'INVALID_TEMPLATE', 'SESSION_NOT_FOUND', 'COMMAND_ID_REUSED'],
  example: {
    body: {
      template_id: 'film-production',
      project_name: 'Night Train',
      command_id: 'create-night-train',
    },
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

export const ListProjects = defineRoute({
  method: 'GET',
  path: '/projects',
  summary: 'Lists the projects, oldest first, a page at a time.',
  requires: 'viewer',
  scope: 'user',
  query: ListQuery,
  status: 200,
  response: Type.Object({ projects: Type.Array(ProjectInfo), next_cursor: NextCursor }),
  errors: [],
  example: { query: { limit: 100 }, response: { projects: [PROJECT], next_cursor: null } },
})

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

export const LoadProject = defineRoute({
  method: 'POST',
  path: '/projects/{project_id}/load',
  summary: 'Loads the project as it was last saved into a session, its own by default.',
  requires: 'editor',
  scope: 'project',
  params: Type.Object({ project_id: ProjectId }),
  body: Type.Optional(
    Type.Object({ session_id: Type.Optional(SessionId) }, { additionalProperties: false }),
  ),
  status: 200,
  response: OpenedProject,
  errors: ['PROJECT_NOT_FOUND', 'SESSION_NOT_FOUND'],
  example: { params: { project_id: 'p-1' }, body: { session_id: SESSION_ID }, response: OPENED },
})

/**
 * Imports a project file as it is on disk, into a new project and session. `command_id` makes a retry
 * safe (rule IDEM7).
 */
export const ImportProject = defineRoute({
  method: 'POST',
  path: '/projects/import',
  summary:
    'Imports a project file as it is on disk, into a new project and session; warnings tell what is not clear.',
  requires: 'editor',
  scope: 'user',
  query: Type.Object(
    {
      project_name: Type.Optional(ProjectName),
      template_id: Type.Optional(TemplateId),
      command_id: Type.Optional(CommandId),
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
    'SESSION_NOT_FOUND',
    'COMMAND_ID_REUSED',
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
