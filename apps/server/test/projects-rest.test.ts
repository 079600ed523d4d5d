import type { ProjectDocument } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { testApp } from './harness.js'
import { created, edited, imported, names, NEW_FILM, refusal } from './projects-steps.js'

describe('a new project', () => {
  test('has its root, with the defaults of the template, and a session', async () => {
    await using app = await testApp()
    const project = await created(app)
    const { project_id, session_id } = project
    expect(project).toMatchObject({
      project_name: 'Talus',
      graph: { project_id, session_id, template_id: 'film-production', seq: 1 },
      orphans: { nodes: [], properties: [] },
    })
    expect(project.graph.nodes).toMatchObject([{ name: 'Talus', blueprint_type_id: 'film' }])
    const { body: graph } = await app.api('GET', `/graph?session_id=${session_id}`)
    expect(graph).toEqual(project.graph)
    const { body: listed } = await app.api('GET', '/projects')
    expect(listed).toMatchObject({ projects: [{ project_id, session_id, saved_seq: 1 }] })
    expect(await app.api('GET', `/sessions/${session_id}`)).toMatchObject({ body: { project_id } })
  })

  test('keeps its root whatever is undone', async () => {
    await using app = await testApp()
    const { session_id } = await created(app)
    const undone = await app.api('POST', `/sessions/${session_id}/undo`, {})
    expect(undone).toMatchObject(refusal(409, 'NOTHING_TO_UNDO'))
  })

  test('needs a template that is there', async () => {
    await using app = await testApp()
    const answer = await app.api('POST', '/projects', { ...NEW_FILM, template_id: 'none' })
    expect(answer).toMatchObject(refusal(404, 'TEMPLATE_NOT_FOUND'))
  })

  test('is exported as a file that can be imported', async () => {
    await using app = await testApp()
    const project = await created(app)
    await edited(app, project)
    const { body } = await app.api('GET', `/projects/${project.project_id}/export`)
    expect(body).toMatchObject({ template_id: 'film-production', expanded_map: {} })
    const again = await imported(app, body as unknown as ProjectDocument)
    expect(await names(app, again.session_id)).toEqual(['Talus', 'One'])
    expect(again.project_name).toBe('Talus')
  })
})

describe('deleting', () => {
  test('a project leaves its session', async () => {
    await using app = await testApp()
    const { project_id, session_id } = await created(app)
    const path = `/projects/${project_id}`
    expect(await app.api('DELETE', path)).toMatchObject({ body: { project_id, deleted: true } })
    for (const [method, route] of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/save`],
      ['POST', `${path}/load`],
      ['GET', `${path}/export`],
    ] as const) {
      expect(await app.api(method, route)).toMatchObject(refusal(404, 'PROJECT_NOT_FOUND'))
    }
    const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
    expect(body).toMatchObject({ project_id: null, nodes: [{ name: 'Talus' }] })
  })
})
