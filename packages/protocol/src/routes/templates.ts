import Type from 'typebox'
import { defineRoute } from '../define.js'
import { TemplateId } from '../model/id.js'
import { JsonObject } from '../model/json.js'
import { PartCursor, PartQuery } from '../model/list-page.js'
import { TemplateInfo, TemplateReport } from '../model/template.js'

export const ListTemplates = defineRoute({
  method: 'GET',
  path: '/templates',
  summary:
    'Lists the templates that projects can be created from, by id; a page of it where one is asked for.',
  requires: 'viewer',
  scope: 'open',
  query: PartQuery,
  status: 200,
  response: Type.Object({ templates: Type.Array(TemplateInfo), next_cursor: PartCursor }),
  errors: [],
  example: {
    query: { limit: 100 },
    response: {
      templates: [{ template_id: 'film-production', name: 'Film production', node_types: 6 }],
      next_cursor: null,
    },
  },
})

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

export const ValidateTemplate = defineRoute({
  method: 'POST',
  path: '/templates/validate',
  summary: 'Checks a template, given as YAML text or as an object, and says all that is wrong.',
  requires: 'viewer',
  scope: 'user',
  body: Type.Object(
    { template: Type.Union([Type.String(), JsonObject]) },
    { additionalProperties: false },
  ),
  status: 200,
  response: TemplateReport,
  errors: [],
  example: {
    body: { template: 'node_types: [{ id: task }]' },
    response: { valid: true, errors: [], warnings: [] },
  },
})
