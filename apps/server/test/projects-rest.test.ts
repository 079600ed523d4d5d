import { existsSync } from 'node:fs'
import type { ProjectDocument } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/memory-journal.js'
import { StorageError, type Journal } from '../src/journal/journal.js'
import { testApp, type TestApp } from './harness.js'
import { REAL_TEMPLATES, SAMPLES } from './projects-samples.js'

type Opened = {
  project_id: string
  project_name: string
  session_id: string
  graph: { seq: number; nodes: { id: string; name: string; properties: object }[] }
  orphans: { nodes: string[]; properties: object[] }
}

const NEW_FILM = { template_id: 'film-production', project_name: 'Talus' }

async function created(app: TestApp): Promise<Opened> {
  const { status, body } = await app.api('POST', '/projects', NEW_FILM)
  expect(status).toBe(201)
  return body as unknown as Opened
}

async function imported(app: TestApp, document: ProjectDocument, query = ''): Promise<Opened> {
  const { status, body } = await app.api('POST', `/projects/import${query}`, document)
  expect(body.error).toBeUndefined()
  expect(status).toBe(201)
  return body as unknown as Opened
}

/** Adds a shooting day below the root. */
async function edited(app: TestApp, { session_id, graph }: Opened): Promise<void> {
  const data = { blueprint_type_id: 'shooting_day', name: 'One', parent_id: graph.nodes[0]?.id }
  const body = { session_id, command_type: 'CreateNode', data }
  expect(await app.api('POST', '/commands/execute', body)).toMatchObject({ status: 200 })
}

async function names(app: TestApp, session_id: string): Promise<string[]> {
  const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
  return (body as unknown as Opened['graph']).nodes.map(({ name }) => name)
}

function refusal(status: number, code: string) {
  return { status, body: { success: false, error: { code } } }
}

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

describe('save and load', () => {
  test('go back to what was saved, and everybody learns of both', async () => {
    await using app = await testApp()
    const project = await created(app)
    const { project_id, session_id } = project
    const events = await (await app.client()).join(session_id)
    const changes = await (await app.client()).join(session_id, { stream: 'changes' })
    const graph = await app.graphClient(session_id)
    await edited(app, project)
    const saved = await app.api('POST', `/projects/${project_id}/save`)
    expect(saved).toMatchObject({ status: 200, body: { project_id, saved_seq: 2 } })
    for (const client of [events, changes, graph]) {
      const told = await client.next('project:saved')
      expect(told).toMatchObject({ session_id, project_id, saved_seq: 2 })
    }
    await edited(app, project)
    const loaded = await app.api('POST', `/projects/${project_id}/load`)
    expect(loaded).toMatchObject({ status: 200, body: { project_id, graph: { seq: 4 } } })
    expect(await names(app, session_id)).toEqual(['Talus', 'One'])
    for (const client of [events, graph]) {
      const told = await client.next('project:loaded')
      expect(told).toMatchObject({ session_id, project_id, graph: loaded.body.graph })
    }
  })

  test('a project that nobody saved goes back to its beginning', async () => {
    await using app = await testApp()
    const project = await created(app)
    await edited(app, project)
    await app.api('POST', `/projects/${project.project_id}/load`)
    expect(await names(app, project.session_id)).toEqual(['Talus'])
  })

  test('a deleted session is made again', async () => {
    await using app = await testApp()
    const { project_id, session_id } = await created(app)
    await app.api('DELETE', `/sessions/${session_id}`)
    const save = await app.api('POST', `/projects/${project_id}/save`)
    expect(save).toMatchObject(refusal(404, 'SESSION_NOT_FOUND'))
    const { body } = await app.api('GET', `/projects/${project_id}/export`)
    expect(body).toMatchObject({ graph: { nodes: [{ name: 'Talus' }] } })
    const loaded = await app.api('POST', `/projects/${project_id}/load`, { session_id })
    expect(loaded).toMatchObject({ status: 200, body: { session_id, graph: { seq: 1 } } })
    const { body: session } = await app.api('GET', `/sessions/${session_id}`)
    expect(session).toMatchObject({ project_id, template_id: 'film-production' })
  })

  test('a session without project and rules takes a project; that of another does not', async () => {
    await using app = await testApp()
    const { project_id } = await created(app)
    const other = await created(app)
    const into = (session_id: string) =>
      app.api('POST', `/projects/${project_id}/load`, { session_id })
    await app.api('POST', '/sessions', { session_id: 'free' })
    await app.api('POST', '/sessions', { session_id: 'ruled', template_id: 'software-release' })
    expect(await into('free')).toMatchObject({ status: 200, body: { session_id: 'free' } })
    expect(await names(app, 'free')).toEqual(['Talus'])
    expect(await into('ruled')).toMatchObject(refusal(400, 'BAD_REQUEST'))
    expect(await into(other.session_id)).toMatchObject(refusal(400, 'BAD_REQUEST'))
    expect(await into('nowhere')).toMatchObject(refusal(404, 'SESSION_NOT_FOUND'))
  })

  test('a project is there after a restart', async () => {
    await using first = await testApp()
    const project = await created(first)
    await edited(first, project)
    await using second = await first.restart()
    const { body } = await second.api('GET', `/projects/${project.project_id}`)
    expect(body).toMatchObject({ project_name: 'Talus', saved_seq: 1 })
    await second.api('POST', `/projects/${project.project_id}/load`)
    expect(await names(second, project.session_id)).toEqual(['Talus'])
  })

  test('of two saves at once the later state stays', async () => {
    const journal = createMemoryJournal()
    await using app = await testApp({ journal })
    const project = await created(app)
    const save = () => app.api('POST', `/projects/${project.project_id}/save`)
    const saveProject = journal.saveProject.bind(journal)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let first = Promise.resolve({})
    await new Promise<void>((writing) => {
      journal.saveProject = async (...args) => {
        journal.saveProject = saveProject
        writing()
        await held
        return saveProject(...args)
      }
      first = save()
    })
    await edited(app, project)
    const second = save()
    // Long enough for the second to overtake, if it could.
    for (let i = 0; i < 20; i += 1) await app.api('GET', '/health')
    release()
    expect(await Promise.all([first, second])).toMatchObject([
      { body: { saved_seq: 1 } },
      { body: { saved_seq: 2 } },
    ])
    await app.api('POST', `/projects/${project.project_id}/load`)
    expect(await names(app, project.session_id)).toEqual(['Talus', 'One'])
  })
})

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
    const orphaned = await post([{ id: 'a', type: 't', children: ['b'] }])
    expect(orphaned).toMatchObject(refusal(422, 'INVALID_PARENT'))
    expect((await app.api('GET', '/projects')).body).toEqual({ projects: [] })
    expect((await app.api('GET', '/sessions')).body).toEqual({ sessions: [] })
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

describe('when the storage fails', () => {
  function failing(methods: (keyof Journal)[]): Journal {
    const journal = createMemoryJournal()
    const fail = () => Promise.reject(new StorageError('disk full'))
    return Object.assign(journal, Object.fromEntries(methods.map((name) => [name, fail])))
  }

  test.each([['createProject'], ['saveProject'], ['append']] as const)(
    'in %s, nothing of a new project is left',
    async (method) => {
      await using app = await testApp({ journal: failing([method]) })
      const answer = await app.api('POST', '/projects', NEW_FILM)
      expect(answer).toMatchObject(refusal(503, 'STORAGE_UNAVAILABLE'))
      expect((await app.api('GET', '/projects')).body).toEqual({ projects: [] })
      expect((await app.api('GET', '/sessions')).body).toEqual({ sessions: [] })
    },
  )

  test.each([
    ['GET', '/projects', 'listProjects'],
    ['GET', '/projects/p', 'getProject'],
  ] as const)('%s %s says so', async (method, path, name) => {
    await using app = await testApp({ journal: failing([name]) })
    expect(await app.api(method, path)).toMatchObject(refusal(503, 'STORAGE_UNAVAILABLE'))
  })
})

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
