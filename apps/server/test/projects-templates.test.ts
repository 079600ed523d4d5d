import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { testApp } from './harness.js'
import { REAL_TEMPLATES } from './projects-samples.js'
import { refusal } from './projects-steps.js'

describe('templates', () => {
  test('are listed, with a schema in which every uuid is filled in', async () => {
    await using app = await testApp()
    const { body } = await app.api('GET', '/templates')
    expect(body).toMatchObject({
      templates: [
        { template_id: 'film-production', name: 'Film Production', version: '1.0', node_types: 9 },
        { template_id: 'software-release' },
      ],
    })
    const schema = await app.api('GET', '/templates/film-production/schema')
    const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(schema.body).toMatchObject({ name: 'Film Production' })
    expect((schema.body['node_types'] as object[])[0]).toMatchObject({ id: 'film', uuid })
    const none = await app.api('GET', '/templates/none/schema')
    expect(none).toMatchObject(refusal(404, 'TEMPLATE_NOT_FOUND'))
  })

  test('are validated, as text or as an object, with type, property and reason', async () => {
    await using app = await testApp()
    const property = { id: 'status', type: 'select', options: [] }
    const template = { node_types: [{ id: 'a', properties: [property] }] }
    for (const given of [template, JSON.stringify(template)]) {
      const { status, body } = await app.api('POST', '/templates/validate', { template: given })
      expect(status).toBe(200)
      expect(body).toMatchObject({ valid: false, errors: [{ node_type: 'a', property: 'status' }] })
    }
  })

  test.runIf(existsSync(REAL_TEMPLATES))('a real broken one is refused by name', async () => {
    await using app = await testApp({ templatesDir: REAL_TEMPLATES })
    const template = { template_id: 'broken_template', project_name: 'x' }
    const { status, body } = await app.api('POST', '/projects', template)
    expect(status).toBe(422)
    expect(JSON.stringify(body)).toMatch(/test_node.*status.*options/)
  })
})
