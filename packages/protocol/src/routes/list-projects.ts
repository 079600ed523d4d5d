import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ProjectInfo } from '../model/project.js'
import { PROJECT } from './examples.js'

/** Lists the projects, oldest first. */
export const ListProjects = defineRoute({
  method: 'GET',
  path: '/projects',
  summary: 'Lists the projects, oldest first.',
  requires: 'viewer',
  scope: 'user',
  status: 200,
  response: Type.Object({ projects: Type.Array(ProjectInfo) }),
  errors: [],
  example: { response: { projects: [PROJECT] } },
})
