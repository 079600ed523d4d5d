import { parseTemplate } from '@talus/graph'
import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Templates } from '../../projects/templates.js'
import { mount } from './route.js'

export function mountTemplates(app: FastifyInstance, catalogue: Templates): void {
  mount(app, 'ListTemplates', () => ok({ templates: catalogue.list() }))
  mount(app, 'GetTemplateSchema', ({ params }) => {
    const template = catalogue.get(params.template_id)
    return template.ok ? ok(template.value.document) : template
  })
  mount(app, 'ValidateTemplate', ({ body: { template } }) =>
    ok(parseTemplate(template, 'template').report),
  )
}
