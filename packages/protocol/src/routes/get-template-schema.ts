import Type from 'typebox'
import { defineRoute } from '../define.js'
import { TemplateId } from '../model/id.js'
import { JsonObject } from '../model/json.js'

/** The template as the server understands it. */
export const GetTemplateSchema = defineRoute({
  method: 'GET',
  path: '/templates/{template_id}/schema',
  summary: 'The template as the server understands it.',
  requires: 'viewer',
  scope: 'open',
  params: Type.Object({ template_id: TemplateId }),
  status: 200,
  response: JsonObject,
  errors: ['TEMPLATE_NOT_FOUND', 'INVALID_TEMPLATE'],
  example: {
    params: { template_id: 'film-production' },
    response: { id: 'film-production', name: 'Film production', node_types: [] },
  },
})
