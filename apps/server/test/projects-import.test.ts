import { describe, expect, test } from 'vitest'
import { testApp } from './harness.js'
import { REAL_TEMPLATES, SAMPLES } from './projects-samples.js'
import { imported, refusal, type Opened } from './projects-steps.js'

describe('import and export', () => {
  test.each(SAMPLES)('give the file again, also after save and load: $name', async (sample) => {
    const real = sample.name.endsWith('.json')
    await using app = await testApp(real ? { templatesDir: REAL_TEMPLATES } : {})
    const { project_id, graph } = await imported(app, sample.document)
    const exported = () => app.api('GET', `/projects/${project_id}/export`)
    expect((await exported()).body).toEqual(sample.document)
    const loaded = await app.api('POST', `/projects/${project_id}/load`)
    const { nodes } = (loaded.body as unknown as Opened).graph
    expect(nodes).toEqual(graph.nodes)
    expect((await exported()).body).toEqual(sample.document)
  })

  test('a file whose template is not there comes without rules', async () => {
    await using app = await testApp()
    const document = { template_id: 'none', graph: { nodes: [{ id: 'a', type: 'x' }] } }
    const project = await imported(app, document, '?project_name=Old')
    expect(project).toMatchObject({ project_name: 'Old', graph: { template_id: null } })
  })

  test('a root whose name cannot be that of a project names it as far as it can', async () => {
    await using app = await testApp()
    const named = async (name: string) =>
      (await imported(app, { graph: { nodes: [{ id: 'a', type: 'x', name }] } })).project_name
    expect(await named('Night\0Train\n')).toBe('Night Train')
    expect(await named('\0')).toBe('Imported project')
    expect(await named(`${'x'.repeat(1_023)}😀`)).toBe('x'.repeat(1_023))
  })

  test('a template that the caller chooses has to be there, and is exported', async () => {
    await using app = await testApp()
    const document = {
      graph: { template_id: 'none', nodes: [{ id: 'a', type: 'shot', properties: { lens: 1 } }] },
    }
    const answer = await app.api('POST', '/projects/import?template_id=absent', document)
    expect(answer).toMatchObject(refusal(404, 'TEMPLATE_NOT_FOUND'))
    const project = await imported(app, document, '?template_id=film-production')
    expect(project.orphans.properties).toEqual([{ node_id: 'a', property_id: 'lens' }])
    const { body } = await app.api('GET', `/projects/${project.project_id}/export`)
    const graph = { ...document.graph, template_id: 'film-production' }
    expect(body).toEqual({ ...document, graph })
  })

  test('says what is wrong with a file', async () => {
    await using app = await testApp()
    const post = (nodes: unknown) => app.api('POST', '/projects/import', { graph: { nodes } })
    expect(await post('none')).toMatchObject(refusal(400, 'BAD_REQUEST'))
    expect(await post([{ id: 'a' }])).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: '/graph/nodes/0/type' }] } },
    })
    const cycle = await post([{ id: 'a', type: 't', children: ['a'] }])
    expect(cycle).toMatchObject(refusal(409, 'CYCLE_DETECTED'))
    expect((await app.api('GET', '/projects')).body).toMatchObject({ projects: [] })
    expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
  })

  test('take more than a message may hold', async () => {
    await using app = await testApp()
    const nodes = Array.from({ length: 20_000 }, (_, i) => ({
      id: `n${i}`,
      name: `Node ${i}`,
      type: 'any',
      properties: { text: 'x'.repeat(50), a: 1, b: 2, c: [3] },
      children: [] as string[],
    }))
    const document = { graph: { nodes } }
    const { project_id } = await imported(app, document)
    expect((await app.api('GET', `/projects/${project_id}/export`)).body).toEqual(document)
  })
})
