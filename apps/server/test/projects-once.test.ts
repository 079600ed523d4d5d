import { describe, expect, test } from 'vitest'
import { testApp, type TestApp } from './harness.js'
import { created, edited, NEW_FILM, refusal, type Opened } from './projects-steps.js'
import { company } from './staff.js'
import { bearer } from './tokens.js'

const FILE = {
  graph: {
    nodes: [
      { id: 'a', type: 'x', children: ['b', 'b'] },
      { id: 'b', type: 'x' },
    ],
  },
}

async function counts(app: TestApp): Promise<number[]> {
  const { projects } = (await app.api('GET', '/projects')).body as { projects: unknown[] }
  const { sessions } = (await app.api('GET', '/sessions')).body as { sessions: unknown[] }
  return [projects.length, sessions.length]
}

/** The two ways to a new project, each with a payload and another one. */
const WAYS = {
  'a project of a template': {
    make: (app: TestApp, id: string, headers = {}) =>
      app.api('POST', '/projects', { ...NEW_FILM, command_id: id }, headers),
    other: (app: TestApp, id: string) =>
      app.api('POST', '/projects', { ...NEW_FILM, project_name: 'Other', command_id: id }),
  },
  'an imported project': {
    make: (app: TestApp, id: string, headers = {}) =>
      app.api('POST', `/projects/import?command_id=${id}`, FILE, headers),
    other: (app: TestApp, id: string) =>
      app.api('POST', `/projects/import?command_id=${id}`, { graph: { nodes: [] } }),
  },
}

describe.each(Object.entries(WAYS))('[IDEM7] %s', (_, { make, other }) => {
  test('is created once, also after a restart', async () => {
    await using app = await testApp()
    const first = await make(app, 'c-1')
    expect(first).toMatchObject({ status: 201 })
    expect(first.body).not.toHaveProperty('duplicate')
    const { status, body } = await make(app, 'c-1')
    expect({ status, body }).toEqual({ status: 201, body: { ...first.body, duplicate: true } })
    await using again = await app.restart()
    expect((await make(again, 'c-1')).body).toEqual({ ...first.body, duplicate: true })
    expect(await counts(again)).toEqual([1, 1])
  })

  test('is created once by requests at the same time', async () => {
    await using app = await testApp()
    const answers = await Promise.all([1, 2, 3].map(() => make(app, 'c-1')))
    const ids = new Set(answers.map(({ body }) => (body as unknown as Opened).project_id))
    expect(ids.size).toBe(1)
    expect(answers.filter(({ body }) => body.duplicate)).toHaveLength(2)
    expect(await counts(app)).toEqual([1, 1])
  })

  test('is refused with another payload, and is another one for another actor or id', async () => {
    await using app = await testApp()
    await make(app, 'c-1')
    expect(await other(app, 'c-1')).toMatchObject(refusal(409, 'COMMAND_ID_REUSED'))
    expect(await make(app, 'c-2')).toMatchObject({ status: 201 })
    expect(await make(app, 'c-1', { 'x-actor-id': 'ada' })).toMatchObject({ status: 201 })
    expect(await counts(app)).toEqual([3, 3])
  })

  test('leaves its id free when it is deleted', async () => {
    await using app = await testApp()
    const { project_id } = (await make(app, 'c-1')).body as unknown as Opened
    await app.api('DELETE', `/projects/${project_id}`)
    const again = await other(app, 'c-1')
    expect(again).toMatchObject({ status: 201, body: { project_id } })
  })

  test("is nobody's to see when its session is deleted", async () => {
    await using app = await testApp()
    const { session_id } = (await make(app, 'c-1')).body as unknown as Opened
    await app.api('DELETE', `/sessions/${session_id}`)
    expect(await make(app, 'c-1')).toMatchObject(refusal(404, 'SESSION_NOT_FOUND'))
  })
})

test('[IDEM7] a repetition shows the graph as it is now', async () => {
  await using app = await testApp()
  const body = { ...NEW_FILM, command_id: 'c-1' }
  const { body: first } = await app.api('POST', '/projects', body)
  await edited(app, first as unknown as Opened)
  const { body: second } = await app.api('POST', '/projects', body)
  expect(second).toMatchObject({ duplicate: true, graph: { seq: 2 } })
})

test('[IDEM7] a refused creation leaves its id free', async () => {
  await using app = await testApp()
  const body = { ...NEW_FILM, command_id: 'c-1' }
  const refused = await app.api('POST', '/projects', { ...body, template_id: 'none' })
  expect(refused).toMatchObject(refusal(404, 'TEMPLATE_NOT_FOUND'))
  expect(await app.api('POST', '/projects', body)).toMatchObject({ status: 201 })
  await created(app)
  expect(await counts(app)).toEqual([2, 2])
})

test('[IDEM7] [READ3] a repetition needs what a creator has', async () => {
  const at = await company()
  await using app = at.app
  const ann = await bearer('ann')
  const body = { template_id: 'staff', project_name: 'Acme', command_id: 'c-1' }
  const { session_id } = (await app.api('POST', '/projects', body, ann)).body as unknown as Opened
  const members = `/sessions/${session_id}/members`
  await app.api('PUT', `${members}/eve`, { role: 'owner' }, ann)
  expect(await app.api('POST', '/projects', body, ann)).toMatchObject({ status: 201 })
  await app.api('PUT', `${members}/ann`, { role: 'viewer' }, await bearer('eve'))
  expect(await app.api('POST', '/projects', body, ann)).toMatchObject(refusal(403, 'FORBIDDEN'))
  const eves = await app.api('POST', '/projects', body, await bearer('eve'))
  expect(eves).toMatchObject({ status: 201 })
  expect(eves.body).not.toHaveProperty('duplicate')
})
