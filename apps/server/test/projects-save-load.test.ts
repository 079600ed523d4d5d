import { describe, expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/memory.js'
import { testApp } from './harness.js'
import { created, edited, names, refusal } from './projects-steps.js'

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
    // Which template it obeys is told by REST alone.
    const { template_digest, ...state } = loaded.body['graph'] as { template_digest?: string }
    expect(template_digest).toBeTypeOf('string')
    for (const client of [events, graph]) {
      const told = await client.next('project:loaded')
      expect(told).toMatchObject({ session_id, project_id, graph: state })
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
    await edited(app, project)
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
      { body: { saved_seq: 2 } },
      { body: { saved_seq: 3 } },
    ])
    await app.api('POST', `/projects/${project.project_id}/load`)
    expect(await names(app, project.session_id)).toEqual(['Talus', 'One', 'One'])
  })

  test('a save writes nothing when there is nothing new, and tells everybody all the same', async () => {
    const journal = createMemoryJournal()
    await using app = await testApp({ journal })
    const project = await created(app)
    const { project_id, session_id } = project
    const save = () => app.api('POST', `/projects/${project_id}/save`)
    const client = await app.graphClient(session_id)
    await edited(app, project)
    const first = await save()
    await client.next('project:saved')
    let writes = 0
    const write = journal.saveProject.bind(journal)
    journal.saveProject = (...args) => {
      writes += 1
      return write(...args)
    }
    expect((await save()).body).toEqual(first.body)
    expect(await client.next('project:saved')).toMatchObject({ project_id })
    expect(writes).toBe(0)
    await edited(app, project)
    await save()
    expect(writes).toBe(1)
  })

  test('a load is told also when it changes nothing', async () => {
    await using app = await testApp()
    const project = await created(app)
    const { project_id, session_id } = project
    const client = await app.graphClient(session_id)
    await app.api('POST', `/projects/${project_id}/load`)
    expect(await client.next('project:loaded')).toMatchObject({ project_id })
    expect(await names(app, session_id)).toEqual(['Talus'])
  })
})
