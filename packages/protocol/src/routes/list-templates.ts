import Type from 'typebox'
import { defineRoute } from '../define.js'
import { TemplateInfo } from '../model/template.js'

/** Lists the templates that projects can be created from. */
export const ListTemplates = defineRoute({
  method: 'GET',
  path: '/templates',
  summary: 'Lists the templates that projects can be created from.',
  requires: 'viewer',
  scope: 'open',
  status: 200,
  response: Type.Object({ templates: Type.Array(TemplateInfo) }),
  errors: [],
  example: {
    response: {
      templates: [{ template_id: 'film-production', name: 'Film production', node_types: 6 }],
    },
  },
})
