import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

  test('an edited one can be told from the one that a session obeys', async () => {
    const templatesDir = await mkdtemp(join(tmpdir(), 'talus-templates-'))
    const file = join(templatesDir, 'own.yaml')
    await writeFile(file, 'node_types: [{ id: task }]')
    await using app = await testApp({ templatesDir })
    const digests = async () => {
      const { body } = await app.api('GET', '/templates')
      const schema = await app.api('GET', '/templates/own/schema')
      const graph = await app.api('GET', '/graph?session_id=s')
      const tree = await app.api('GET', '/sessions/s/graph/tree')
      const [listed] = body['templates'] as { digest: string }[]
      expect(schema.headers.get('etag')).toBe(`"${listed?.digest}"`)
      expect(tree.body['template_digest']).toBe(graph.body['template_digest'])
      expect(tree.headers.get('etag')).toBe(graph.headers.get('etag'))
      return [listed?.digest, graph.body['template_digest'], graph.headers.get('etag')]
    }
    await app.api('POST', '/sessions', { session_id: 's', template_id: 'own' })
    const [before, obeyed, tag] = await digests()
    expect(String(tag).split(':').slice(1)).toEqual(['0', `${String(obeyed)}"`])
    expect([typeof before, before]).toEqual(['string', obeyed])
    await writeFile(file, 'node_types: [{ id: task }, { id: note }]')
    const [after, still, same] = await digests()
    expect([after === before, still, same]).toEqual([false, obeyed, tag])
    await using again = await app.restart()
    const known = { 'if-none-match': tag }
    for (const path of ['/graph?session_id=s', '/sessions/s/graph/tree']) {
      const { status, body, headers } = await again.api('GET', path, undefined, known)
      expect([status, body['template_digest']]).toEqual([200, after])
      expect(headers.get('etag')).toContain(after)
    }
    await rm(templatesDir, { recursive: true })
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
