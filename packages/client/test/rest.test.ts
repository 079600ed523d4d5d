import { ROUTES, type GraphState, type HistoryPage, type OpenedProject } from '@talus/protocol'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { rest, type Rest } from '../src/index.js'
import { ROUTE_LINES } from '../src/routes.js'
import { FakeServer } from './fake-server.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

let server: TestServer
let api: Rest

beforeAll(async () => {
  server = await TestServer.start()
  api = rest(server.url, { actor: { id: 'ada', name: 'Ada' } })
})

afterAll(() => server[Symbol.asyncDispose]())

test('every route of the contract has its line, and a method', () => {
  const lines = Object.entries(ROUTES).map(([name, route]) => {
    const both = 'query' in route && 'body' in route
    return [name, `${route.method} ${route.path}${both ? '?' : ''}`]
  })
  expect(ROUTE_LINES).toEqual(Object.fromEntries(lines))
  expect(Object.keys(api)).toHaveLength(lines.length)
})

test('a session from its creation to its end', async () => {
  const { session_id } = await api.createSession({ session_id: 'rest' })
  const created = await api.executeCommand({
    session_id,
    command_type: 'CreateNode',
    data: { blueprint_type_id: 'task', name: 'A b/c?', node_id: 'n:1' },
  })
  expect(created).toMatchObject({ success: true, seq: 1 })
  expect((await api.getNode({ session_id, node_id: 'n:1' })).node.name).toBe('A b/c?')
  const { entries } = await api.getHistory({ session_id, actor: 'ada', limit: 1 })
  expect(entries).toMatchObject([{ kind: 'do', actor: { id: 'ada', name: 'Ada' } }])
  expect(await api.undo({ session_id }, {})).toMatchObject({ undo: { status: 'applied' } })
  expect((await api.getGraph({ session_id, min_seq: 2 })).roots).toEqual([])
  expect((await api.getGraph({ session_id, at_seq: 1 })).roots).toEqual(['n:1'])
  await api.deleteSession({ session_id })
  expect(await rejection(api.getSession({ session_id }))).toMatchObject({
    code: 'SESSION_NOT_FOUND',
    retryable: false,
  })
})

test('a project is created, exported, and imported under another name', async () => {
  const { templates } = await api.listTemplates()
  const template_id = templates[0]?.template_id ?? ''
  const { project_id } = await api.createProject({ template_id, project_name: 'Pilot' })
  await api.saveProject({ project_id })
  await api.loadProject({ project_id })
  const file = await api.exportProject({ project_id })
  const imported = await api.importProject({ project_name: 'Copy' }, file)
  expect(imported.project_name).toBe('Copy')
  expect(imported.graph.nodes).toHaveLength(1)
})

test('what the server refuses says what was expected', async () => {
  const error = await rejection(api.getGraph({ session_id: 'nobody' }))
  expect(error).toMatchObject({ code: 'SESSION_NOT_FOUND', retryable: false })
  const { session_id } = await api.createSession({})
  const wrong = { session_id, command_type: 'CreateNode', data: {} }
  const refused = await rejection(api.executeCommand(wrong))
  expect(refused.code).toBe('BAD_REQUEST')
  expect(refused.details[0]?.path).toBe('/data/blueprint_type_id')
})

test('no server, no Talus server, a call that is ended: each says so', async () => {
  const nobody = rest('http://127.0.0.1:9')
  expect(await rejection(nobody.getHealth())).toMatchObject({
    code: 'UNREACHABLE',
    message: 'No answer from http://127.0.0.1:9',
    retryable: true,
  })
  await using fake = await FakeServer.start(() => {})
  expect(await rejection(rest(fake.url).listSessions())).toMatchObject({
    message: `Unexpected answer 410 from ${fake.url}; is it a Talus server?`,
  })
  const ending = new AbortController()
  ending.abort()
  const ended = rest(server.url, { signal: ending.signal })
  expect((await rejection(ended.getHealth())).code).toBe('UNREACHABLE')
})

test('what is missing is a TypeError that names it', async () => {
  const call = api.getNode({ session_id: 's' } as never)
  await expect(call).rejects.toThrow(
    'GET /sessions/{session_id}/nodes/{node_id} needs node_id, a string',
  )
  expect(() => rest('localhost:5000')).toThrow("'localhost:5000' is not an origin")
})

test('types follow from the contract', () => {
  const use = async () => {
    expectTypeOf(api.getGraph({ session_id: 's' })).resolves.toEqualTypeOf<GraphState>()
    expectTypeOf(api.getHistory({ session_id: 's' })).resolves.toEqualTypeOf<HistoryPage>()
    expectTypeOf(await api.loadProject({ project_id: 'p' })).toEqualTypeOf<OpenedProject>()
    // @ts-expect-error a missing path parameter
    void api.getNode({ session_id: 's' })
    // @ts-expect-error an unknown field of the query
    void api.getDiff({ session_id: 's', from_seq: 1, until: 2 })
    // @ts-expect-error a body where there is none
    void api.listTemplates({})
    // @ts-expect-error a missing body
    void api.createProject()
  }
  expectTypeOf(use).toBeFunction()
})
