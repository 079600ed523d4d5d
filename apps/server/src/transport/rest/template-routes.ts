import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Parsers } from '../../parsing/parsers.js'
import type { Templates } from '../../projects/templates.js'
import { chargedBy } from './door.js'
import { goneSignal } from './gone.js'
import { mount, RawJson } from './route.js'

export function mountTemplates(app: FastifyInstance, catalogue: Templates, parsers: Parsers): void {
  mount(app, 'ListTemplates', () => ok({ templates: catalogue.list() }))
  mount(app, 'GetTemplateSchema', ({ params }) => {
    const template = catalogue.get(params.template_id)
    return template.ok ? ok(template.value.document) : template
  })
  mount(app, 'ValidateTemplate', async ({ body: { template }, reply }) => {
    const asked = { who: chargedBy(reply.request), gone: goneSignal(reply) }
    const report = await parsers.templateReport(template, asked)
    return report.ok ? ok(new RawJson(report.value)) : report
  })
}
