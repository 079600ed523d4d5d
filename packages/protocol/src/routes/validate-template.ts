import Type from 'typebox'
import { defineRoute } from '../define.js'
import { JsonObject } from '../model/json.js'
import { TemplateReport } from '../model/template.js'

/** Checks a template, given as YAML text or as an object, and says all that is wrong. */
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
