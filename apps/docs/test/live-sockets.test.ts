import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LiveClient } from './live-client.js'
import { about, newScene, startServer, type LiveServer, type Scene } from './live-server.js'
import { faults, parsed, schemas } from './spec-files.js'

type Message = { name: string; examples?: { payload: unknown }[] }
type Channel = { messages: Record<string, Message> }
type Operation = { action: string; messages: { $ref: string }[]; reply?: object }

const { channels, operations } = parsed<{
  channels: Record<string, Channel>
  operations: Record<string, Operation>
}>('asyncapi.json')

const HANDSHAKE = ['connect', 'connect_error']

/** The messages of a channel in one direction, by their name on the wire. */
function messagesOf(id: string, action: string): Message[] {
  const prefix = `#/channels/${id}/messages/`
  return Object.values(operations)
    .filter((operation) => operation.action === action)
    .flatMap(({ messages }) => messages)
    .filter(({ $ref }) => $ref.startsWith(prefix))
    .flatMap(({ $ref }) => channels[id]?.messages[$ref.slice(prefix.length)] ?? [])
    .filter(({ name }) => !HANDSHAKE.includes(name))
}

const exampleOf = (path: string) => schemas.get(path)?.examples?.[0]

/** Each can be sent after the ones before it. */
const CLIENT_ORDER = [
  'authenticate',
  'join_session',
  'execute_command',
  'preview_command',
  'update_presence',
  'undo_command',
  'redo_command',
  'leave_session',
]
const COMMAND_ORDER = [
  'UpdateProperty',
  'DeleteProperty',
  'UnlinkNode',
  'LinkNode',
  'CreateNode',
  'Batch',
  'MoveNode',
  'DeleteNode',
]

let server: LiveServer
let scene: Scene
const clients: LiveClient[] = []

beforeAll(async () => {
  server = await startServer()
  scene = await newScene(server)
})

afterAll(async () => {
  for (const { socket } of clients) socket.disconnect()
  await server.close()
})

async function connect(folder: 'root' | 'graph', auth: unknown): Promise<LiveClient> {
  const client = new LiveClient(server.url, folder, about(scene, auth) as object)
  clients.push(client)
  expect(await client.connected()).toBeUndefined()
  return client
}

const entering = (folder: 'root' | 'graph') =>
  connect(folder, exampleOf(`schemas/${folder}/handshake.json`))

describe.each(['root', 'graph'] as const)('what clients send on %s', (folder) => {
  const sent = messagesOf(folder, 'receive').map(({ name }) => name)
  const inOrder = CLIENT_ORDER.filter((name) => sent.includes(name))

  test('is known to the test', () => {
    expect([...inOrder, 'ping'].toSorted()).toEqual(sent.toSorted())
  })

  test('is answered as declared', async () => {
    scene = await newScene(server)
    const client = await entering(folder)
    for (const name of inOrder) {
      const message = messagesOf(folder, 'receive').find((one) => one.name === name)
      const answer = await client.ask(name, about(scene, message?.examples?.[0]?.payload))
      expect([name, answer.faults, answer.ack]).toMatchObject([name, [], { ok: true }])
    }
    await client.settled()
    expect(client.heard.filter((one) => one.faults.length > 0)).toEqual([])
  })

  test('is refused as declared', async () => {
    const client = await entering(folder)
    for (const name of inOrder) {
      const answer = await client.ask(name, { nonsense: true })
      expect([name, answer.faults, answer.ack.ok]).toEqual([name, [], false])
    }
  })
})

test('every command is executed, with the result that it declares', async () => {
  const { session_id } = (scene = await newScene(server))
  const client = await entering('root')
  await client.ask('join_session', { session_id })
  const files = [...schemas.keys()].filter((path) => path.startsWith('schemas/command/'))
  expect(files).toHaveLength(COMMAND_ORDER.length * 2)
  for (const command_type of COMMAND_ORDER) {
    const data = exampleOf(`schemas/command/${command_type}.json`)
    const { ack } = await client.ask('execute_command', { session_id, command_type, data })
    expect([command_type, ack]).toMatchObject([command_type, { ok: true }])
    expect(faults(`schemas/command/${command_type}.result.json`, ack.result)).toEqual([])
  }
})

test('a refused handshake says what is declared', async () => {
  const client = new LiveClient(server.url, 'graph', {})
  clients.push(client)
  const { message, data } = (await client.connected()) as { message: string; data: unknown }
  expect(faults('schemas/graph/handshake.refusal.json', { message, data })).toEqual([])
})

/** More than one message may hold, so that a load of it is announced and not sent. */
async function fill(session_id: string): Promise<void> {
  for (const part of ['a', 'b']) {
    const commands = Array.from({ length: 200 }, (_, index) => ({
      command_type: 'CreateNode',
      data: {
        blueprint_type_id: 'note',
        node_id: `${part}-${index}`,
        properties: { text: 'x'.repeat(3_000) },
      },
    }))
    const command = { session_id, command_type: 'Batch', data: { commands } }
    const { status } = await server.ask('POST', '/commands/execute', command)
    expect(status).toBe(200)
  }
}

/** Does once whatever the server tells others about. */
async function liveThrough({ session_id, project_id }: Scene, actor: LiveClient): Promise<void> {
  const command = (command_type: string, data: object) =>
    actor.ask('execute_command', { session_id, command_type, data })
  const saveAndLoad = async () => {
    await server.ask('POST', `/projects/${project_id}/save`)
    // What is as it was saved is not loaded once more.
    await command('CreateNode', { blueprint_type_id: 'note' })
    await server.ask('POST', `/projects/${project_id}/load`, {})
  }
  for (const command_type of COMMAND_ORDER.filter((type) => type !== 'CreateNode')) {
    await command(command_type, exampleOf(`schemas/command/${command_type}.json`) as object)
  }
  await command('CreateNode', { blueprint_type_id: 'task', parent_id: 'nowhere' })
  await command('CreateNode', { blueprint_type_id: 'task', node_id: 'top' })
  await actor.ask('undo_command', { session_id })
  await actor.ask('redo_command', { session_id })
  await actor.ask('update_presence', { session_id, state: { focus: 'phase-1' } })
  actor.socket.emit('update_presence', { nonsense: true })
  await server.ask('PUT', `/sessions/${session_id}/members/bob`, { role: 'viewer' })
  await command('MoveNode', { node_id: 'top', parent_id: null, position: { at: 'start' } })
  await saveAndLoad()
  await fill(session_id)
  await saveAndLoad()
}

const allOf = (folder: string) => messagesOf(folder, 'send').map(({ name }) => name)

/** Told to guests of share links only, which need authentication (rule AUTH11). */
const TO_GUESTS = 'session:guest'

test('every event of the server arrives, and all are as declared', async () => {
  scene = await newScene(server)
  const { session_id } = scene
  const [actor, follower] = [await entering('root'), await entering('root')]
  const onGraph = await entering('graph')
  await actor.ask('join_session', { session_id })
  await follower.ask('join_session', { session_id, stream: 'changes' })
  // Without a callback, so that the answers come as events.
  const passer = await entering('root')
  passer.socket.emit('join_session', { session_id })
  passer.socket.emit('leave_session', { session_id })
  onGraph.socket.emit('execute_command', { nonsense: true })
  await passer.settled()
  await liveThrough(scene, actor)
  // Presence goes out at its own beat.
  while (!onGraph.names().includes('presence:changed')) await onGraph.settled()
  while (!actor.names().includes('presence:changed')) await actor.settled()
  await Promise.all([actor, follower, onGraph, passer].map((client) => client.settled()))
  const heard = [actor, follower, passer].flatMap((client) => client.heard)
  expect([...heard, ...onGraph.heard].filter((one) => one.faults.length > 0)).toEqual([])
  expect([...new Set(heard.map(({ event }) => event))].toSorted()).toEqual(allOf('root').toSorted())
  const onGraphDeclared = allOf('graph').filter((name) => name !== TO_GUESTS)
  expect(onGraph.names()).toEqual(onGraphDeclared.toSorted())
})
