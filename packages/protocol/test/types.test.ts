import { expectTypeOf, test } from 'vitest'
import type {
  Ack,
  ClientAck,
  ClientPayload,
  ClientToServerEvents,
  Command,
  CommandData,
  CommandResult,
  GraphClientToServerEvents,
  GraphPayload,
  GraphServerToClientEvents,
  Preview,
  RootPayload,
  RouteResponse,
  ServerToClientEvents,
} from '../src/index.js'

// The compiler is the test: `@ts-expect-error` fails the type check where no error is.

type Listener = (...args: never[]) => void

type Emitter<Events extends Record<keyof Events, Listener>> = {
  emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): void
}

test('a server emits declared events with declared fields only', () => {
  const server = (room: Emitter<ServerToClientEvents>) => {
    room.emit('left', { session_id: 's', client_id: 'c' })
    room.emit('pong')
    // @ts-expect-error a payload that pong does not carry
    room.emit('pong', {})
    // @ts-expect-error an unknown event
    room.emit('node-renamed', {})
    // @ts-expect-error an event of the other namespace
    room.emit('graph:node-deleted', {})
    // @ts-expect-error a field in another spelling
    room.emit('left', { sessionId: 's', client_id: 'c' })
    // @ts-expect-error a missing field
    room.emit('left', { session_id: 's' })
    // @ts-expect-error a wrong type
    room.emit('left', { session_id: 's', client_id: 5 })
  }
  expectTypeOf(server).returns.toBeVoid()
})

test('a client reads declared fields only', () => {
  const client = (socket: Emitter<ServerToClientEvents>) => {
    socket.on('node-created', ({ node }) => expectTypeOf(node.children).toEqualTypeOf<string[]>())
    socket.on('joined', (data) => expectTypeOf(data.active_clients).toBeNumber())
    // @ts-expect-error a field in another spelling
    socket.on('node-deleted', (data) => data.nodeId)
  }
  expectTypeOf(client).returns.toBeVoid()
})

test('a client sends what the contract takes, and may wait for the answer', () => {
  const client = (socket: Emitter<ClientToServerEvents>) => {
    socket.emit('ping')
    socket.emit('join_session', { session_id: 's' })
    socket.emit('update_presence', { session_id: 's', state: { cursor: { x: 1 }, focus: null } })
    // @ts-expect-error a selection is a list
    socket.emit('update_presence', { session_id: 's', state: { selection: 'a' } })
    socket.emit('execute_command', { command_type: 'DeleteNode', data: {} }, (answer) =>
      expectTypeOf(answer).toEqualTypeOf<Ack>(),
    )
    // @ts-expect-error ping is answered by pong
    socket.emit('ping', () => undefined)
    // @ts-expect-error session_id is missing
    socket.emit('join_session', {})
    // @ts-expect-error an extra field
    socket.emit('leave_session', { session_id: 's', force: true })
  }
  expectTypeOf(client).returns.toBeVoid()
})

test('/graph has no join: the handshake names the session', () => {
  expectTypeOf<GraphClientToServerEvents>().not.toHaveProperty('join_session')
  expectTypeOf<GraphClientToServerEvents>().toHaveProperty('execute_command')
  expectTypeOf<GraphServerToClientEvents>().toHaveProperty('error')
})

test('the two namespaces keep the types of their documents', () => {
  expectTypeOf<RootPayload<'command:failed'>['error']>().toHaveProperty('message')
  expectTypeOf<GraphPayload<'command:failed'>['error']>().toBeString()
  expectTypeOf<GraphPayload<'command:executed'>['result']>().toEqualTypeOf<string | null>()
  expectTypeOf<RootPayload<'node-created'>['event']>().toEqualTypeOf<'node-created'>()
})

test('the answer follows the request', () => {
  expectTypeOf<ClientAck<'undo_command'>>().toEqualTypeOf<Ack>()
  expectTypeOf<ClientAck<'preview_command'>>().toEqualTypeOf<Preview>()
  expectTypeOf<ClientAck<'ping'>>().toEqualTypeOf<undefined>()
  expectTypeOf<Extract<ClientAck<'join_session'>, { ok: true }>['seq']>().toBeNumber()
  expectTypeOf<CommandResult<'CreateNode'>>().toEqualTypeOf<{ node_id: string }>()
  expectTypeOf<CommandResult<'DeleteNode'>>().toEqualTypeOf<{ deleted_ids: string[] }>()
  expectTypeOf<CommandResult<'MoveNode'>>().toEqualTypeOf<null>()
  expectTypeOf<RouteResponse<'ExecuteCommandRoute'>['success']>().toEqualTypeOf<true>()
})

test('the data follows the type of the command', () => {
  const commands: Command[] = [
    { command_type: 'DeleteNode', data: { node_id: 'n' } },
    // @ts-expect-error the data of another command
    { command_type: 'DeleteNode', data: { parent_id: 'p', child_id: 'c' } },
    {
      command_type: 'Batch',
      // @ts-expect-error a batch holds no batch
      data: { commands: [{ command_type: 'Batch', data: { commands: [] } }] },
    },
  ]
  expectTypeOf(commands).toBeArray()
  expectTypeOf<CommandData<'MoveNode'>['parent_id']>().toEqualTypeOf<string | null>()
  expectTypeOf<ClientPayload<'join_session'>['session_id']>().toBeString()
})

test('renaming a field breaks the code of both sides', () => {
  type Renamed = Omit<ServerToClientEvents, 'left'> & {
    left: (payload: { session_id: string; client: string }) => void
  }
  const sides = (server: Emitter<Renamed>, client: Emitter<Renamed>) => {
    // @ts-expect-error the server still sends the old name
    server.emit('left', { session_id: 's', client_id: 'c' })
    // @ts-expect-error the client still reads the old name
    client.on('left', (data) => data.client_id)
  }
  expectTypeOf(sides).returns.toBeVoid()
})
