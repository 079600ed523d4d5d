import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ListQuery, NextCursor } from '../model/list-page.js'
import { ProjectInfo } from '../model/project.js'
import { PROJECT } from './examples.js'

/** Lists the projects, oldest first, a page at a time. */
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
