import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectId, SessionId } from '../model/id.js'
import { OpenedProject } from '../model/project.js'
import { SESSION_ID, OPENED } from './examples.js'

/** Loads the project as it was last saved into a session, its own by default. */
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
