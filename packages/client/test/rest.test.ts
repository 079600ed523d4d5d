import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ROUTES, type GraphState, type HistoryPage, type OpenedProject } from '@talus/protocol'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { connect, rest, type Rest } from '../src/index.js'
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

/** What a proxy says whose server is gone. */
async function pageServer(): Promise<AsyncDisposable & { url: string }> {
  const http = createServer((_request, response) => response.writeHead(502).end('<h1>Gone</h1>'))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

test('no server, no Talus server, a call that is ended: each says so', async () => {
  const nobody = rest('http://127.0.0.1:9')
  expect(await rejection(nobody.getHealth())).toMatchObject({
    code: 'UNREACHABLE',
    // One of the ports that `fetch` never asks.
    message: 'No answer from http://127.0.0.1:9: bad port',
    retryable: true,
  })
  await using fake = await FakeServer.start(() => {})
  expect(await rejection(rest(fake.url).listSessions())).toMatchObject({
    message: `Unexpected answer 410 from ${fake.url}; is it a Talus server?`,
  })
  await using proxy = await pageServer()
  expect(await rejection(rest(proxy.url).getHealth())).toMatchObject({
    message: `Unexpected answer 502 from ${proxy.url}; is it a Talus server?`,
    retryable: true,
  })
  const ending = new AbortController()
  ending.abort()
  const ended = rest(server.url, { signal: ending.signal })
  expect((await rejection(ended.getHealth())).code).toBe('UNREACHABLE')
})

/** Hands requests on, and breaks the connection instead of giving the first answers. */
async function lossyServer(to: string, lost: number): Promise<AsyncDisposable & { url: string }> {
  const http = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '' } = request
      const body = await text(request)
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(to + url, { method, ...(body && { headers, body }) })
      const said = await answer.text()
      lost -= 1
      if (lost >= 0) request.socket.destroy()
      else response.writeHead(answer.status, headers).end(said)
    })()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

test('[IDEM7] [IDEM1] a request whose answer is lost is sent again, and done once', async () => {
  const { session_id } = await api.createSession({})
  const file = { graph: { nodes: [{ id: 'a', type: 'x' }] } }
  const create = { command_type: 'CreateNode', data: { blueprint_type_id: 'x' } }
  const [{ template_id } = { template_id: '' }] = (await api.listTemplates()).templates
  const requests = [
    (lossy: Rest) => lossy.createProject({ template_id, project_name: 'Once' }),
    (lossy: Rest) => lossy.importProject({}, file),
    (lossy: Rest) => lossy.executeCommand({ session_id, ...create }),
    (lossy: Rest) => lossy.undo({ session_id }, {}),
    (lossy: Rest) => lossy.redo({ session_id }, {}),
    (lossy: Rest) => lossy.restore({ session_id }, { seq: 0 }),
  ]
  const before = (await api.listProjects()).projects.length
  for (const request of requests) {
    await using proxy = await lossyServer(server.url, 2)
    expect(await request(rest(proxy.url))).toMatchObject({ duplicate: true })
  }
  expect((await api.listProjects()).projects).toHaveLength(before + 2)
  expect((await api.getSession({ session_id })).seq).toBe(4)
})

test('[IDEM7] a command id that is given stays, and what is lost for good is told', async () => {
  const [{ template_id } = { template_id: '' }] = (await api.listTemplates()).templates
  const wanted = { template_id, project_name: 'Given', command_id: 'given-1' }
  await using proxy = await lossyServer(server.url, 100)
  const lost = await rejection(rest(proxy.url).createProject(wanted))
  expect(lost).toMatchObject({ code: 'UNREACHABLE', retryable: true })
  expect(await rest(server.url).createProject(wanted)).toMatchObject({ duplicate: true })
})

test('[ERR1] a fault of the server has the id that its log knows', async () => {
  await using fake = await FakeServer.start(() => {})
  const message = 'Internal server error'
  fake.stored.entries = { code: 'INTERNAL_ERROR', message, retryable: true, error_id: 'e-7' }
  const error = await rejection(rest(fake.url).getChanges({ session_id: 's' }))
  expect(error).toMatchObject({ code: 'INTERNAL_ERROR', errorId: 'e-7' })
})

test('[LIM6] an error tells when to try again', async () => {
  await using fake = await FakeServer.start(() => {})
  const message = 'Too many requests'
  fake.stored.entries = { code: 'RATE_LIMITED', message, retryable: true, retry_after_ms: 20 }
  const error = await rejection(rest(fake.url).getChanges({ session_id: 's' }))
  expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 20 })
})

test('what is wrong here is not said of the server', async () => {
  const noToken = () => Promise.reject(new Error('Signed out'))
  expect(await rejection(rest(server.url, { token: noToken }).getHealth())).toMatchObject({
    message: 'Nothing was asked: the token callback failed',
    cause: { message: 'Signed out' },
  })
  const command = { session_id: 's', command_type: 'DeleteNode', data: { node_id: 1n } }
  await expect(api.executeCommand(command as never)).rejects.toThrow(TypeError)
})

test('[ACT1] an actor that no header can carry joins; over REST it reads, and writes without its name', async () => {
  const named = connect(server.url, { actor: { id: 'lukasz', name: 'Łukasz' } })
  const session = await named.join('names')
  await session.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'n' })
  const data = { node_id: 'n', property_id: 'p', new_value: 1 }
  const command = { session_id: 'names', command_type: 'UpdateProperty', data }
  await named.rest.executeCommand(command)
  const { entries } = await named.rest.getHistory({ session_id: 'names' })
  expect(entries.map(({ actor }) => actor)).toEqual([
    { id: 'lukasz' },
    { id: 'lukasz', name: 'Łukasz' },
  ])
  named.close()
  const strange = connect(server.url, { actor: '直子' })
  await (await strange.join('names')).execute('DeleteNode', { node_id: 'n' })
  const again = connect(server.url, { actor: '直子' })
  expect((await again.join('names')).canUndo).toBe(true)
  await expect(again.rest.undo({ session_id: 'names' }, {})).rejects.toThrow(
    "The actor's id '直子' cannot be sent over REST: expected Latin-1 characters",
  )
  for (const client of [strange, again]) client.close()
})

test('what is missing is a TypeError that names it', async () => {
  const call = api.getNode({ session_id: 's' } as never)
  await expect(call).rejects.toThrow(
    'GET /sessions/{session_id}/nodes/{node_id} needs node_id, a string',
  )
  expect(() => rest('localhost:5000')).toThrow("'localhost:5000' is no address of a server")
})

test('an id that no URL can carry is refused here, in the path and in the query', async () => {
  const { session_id } = await api.createSession({ session_id: 'kept' })
  const half = '👍'.slice(0, 1)
  const calls: [name: string, call: Promise<unknown>][] = [
    ['actor_id', api.getMember({ session_id, actor_id: half })],
    ['session_id', api.getSession({ session_id: half })],
    ['node_id', api.getNode({ session_id, node_id: `n${half}` })],
    ['session_id', api.getGraph({ session_id: half })],
    ['actor', api.getHistory({ session_id, actor: half })],
    // As a step in the path, the session itself would be deleted.
    ['actor_id', api.deleteMember({ session_id, actor_id: '..' })],
    ['node_id', api.getNode({ session_id, node_id: '.' })],
  ]
  for (const [name, call] of calls) {
    const error = await rejection(call)
    expect(error).toMatchObject({ code: 'BAD_REQUEST', retryable: false })
    expect(error.message).toMatch(`${name} cannot be sent over REST: expected `)
  }
  expect((await api.getSession({ session_id })).session_id).toBe('kept')
  // What only looks like it arrives as it is.
  for (const actor_id of ['...', '%2e%2e', 'a/../b', 'Łukasz 👍', '?#&+ ']) {
    await api.putMember({ session_id, actor_id }, { role: 'editor' })
    const { member } = await api.getMember({ session_id, actor_id })
    expect(member.actor_id).toBe(actor_id)
  }
})

test('a secret that no header can carry is told, and is in no message', async () => {
  for (const secret of ['Zażółć', 'a\nb']) {
    const each = [{ token: secret }, { token: () => secret }, { shareToken: secret }]
    for (const options of each) {
      const error = await rejection(rest(server.url, options).listTemplates())
      expect(error).toMatchObject({ code: 'BAD_REQUEST', retryable: false })
      expect(JSON.stringify(error)).not.toContain(JSON.stringify(secret).slice(1, -1))
    }
  }
})

test('a token that never comes does not outlive the client, or the signal', async () => {
  const token = () => new Promise<string>(() => {})
  const client = connect(server.url, { token, store: null })
  const asking = rejection(client.rest.getHealth())
  client.close()
  expect((await asking).code).toBe('CLOSED')
  const ending = new AbortController()
  const ended = rejection(rest(server.url, { token, signal: ending.signal }).getHealth())
  ending.abort(new Error('no more'))
  expect(await ended).toMatchObject({ code: 'UNREACHABLE' })
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
    expectTypeOf((await api.listMembers({ session_id: 's', limit: 9 })).next_cursor).toEqualTypeOf<
      string | null | undefined
    >()
    // @ts-expect-error a body where there is none
    void api.getHealth({})
    // @ts-expect-error a missing body
    void api.createProject()
  }
  expectTypeOf(use).toBeFunction()
})
