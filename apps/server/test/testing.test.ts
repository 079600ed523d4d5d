import { ok } from '@talus/server'
import { startTestServer, type TestServer } from '@talus/server/testing'
import { existsSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { RawClient } from './harness.js'

const clients: RawClient[] = []

afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.disconnect()
})

async function join({ url }: TestServer, session_id: string, auth = {}): Promise<RawClient> {
  const client = new RawClient(url, { auth })
  clients.push(client)
  return (await client.connected()).join(session_id)
}

const ALBUM = `
name: Album
node_types:
  - id: album
    label: Album
    features: [is_root]
    allowed_children: [song]
  - { id: song, label: Song }
`

test('servers in one process do not know of each other, and write nothing', async () => {
  await using one = await startTestServer()
  await using other = await startTestServer()
  const { session_id, root_id } = await one.createSession({ template: 'film-production' })
  expect(new URL(one.url).hostname).toBe('127.0.0.1')
  const listed = await Promise.all(
    [one, other].map(async ({ url }) => (await fetch(`${url}/api/v1/sessions`)).json()),
  )
  expect(listed).toMatchObject([{ sessions: [{ session_id }] }, { sessions: [] }])
  expect(root_id).toBeTypeOf('string')
  expect(existsSync('data')).toBe(false)
})

test('templates may be given as text and as objects, and hold', async () => {
  const node_types = [{ id: 'box', label: 'Box' }]
  await using server = await startTestServer({ templates: { album: ALBUM, boxes: { node_types } } })
  const { templates } = (await (await fetch(`${server.url}/api/v1/templates`)).json()) as {
    templates: { template_id: string }[]
  }
  expect(templates.map(({ template_id }) => template_id)).toEqual(['album', 'boxes'])
  const { session_id, root_id } = await server.createSession({ template: 'album', name: 'Blue' })
  const ann = await join(server, session_id)
  const create = (blueprint_type_id: string) =>
    ann.execute(session_id, 'CreateNode', { blueprint_type_id, parent_id: root_id })
  expect(await create('song')).toMatchObject({ ok: true })
  expect(await create('album')).toMatchObject({ error: { code: 'TYPE_NOT_ALLOWED' } })
})

test('what is wrong is said at once', async () => {
  await expect(startTestServer({ templates: { broken: 'node_types: 3' } })).rejects.toThrow(
    "'broken'",
  )
  await expect(startTestServer({ settings: { maxNodes: -1 } })).rejects.toThrow('--max-nodes')
  await using server = await startTestServer()
  const session = server.createSession({ template: 'nothing' })
  await expect(session).rejects.toThrow('TEMPLATE_NOT_FOUND')
})

test('callers prove who they are when the test says how', async () => {
  await using server = await startTestServer({
    authenticate: async ({ token = '' }) => ok({ actor: { id: token } }),
  })
  const { session_id } = await server.createSession({ token: 'ann' })
  const ann = await join(server, session_id, { token: 'ann' })
  const bob = await join(server, session_id, { token: 'bob' })
  expect(await ann.execute(session_id, 'CreateNode', { blueprint_type_id: 'task' })).toMatchObject({
    ok: true,
  })
  expect(await bob.execute(session_id, 'CreateNode', { blueprint_type_id: 'task' })).toMatchObject({
    error: { code: 'FORBIDDEN' },
  })
})

test('settled: what has arrived is durable', async () => {
  await using server = await startTestServer()
  const { session_id } = await server.createSession()
  const ann = await join(server, session_id)
  for (let count = 0; count < 50; count += 1) {
    const data = { blueprint_type_id: 'task' }
    ann.socket.emit('execute_command', { session_id, command_type: 'CreateNode', data })
  }
  await ann.settled()
  await server.settled()
  const graph = await (await fetch(`${server.url}/api/v1/graph?session_id=${session_id}`)).json()
  expect(graph).toMatchObject({ seq: 50 })
})

test('closing twice is closing once', async () => {
  const server = await startTestServer()
  await Promise.all([server.close(), server.close()])
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
})
