import type { ClientPayload, ClientToServerEvents, ServerToClientEvents } from '@talus/protocol'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'

// The floor: the contract's three events of a property write, as a good engineer would send them
// with plain Socket.IO. It validates nothing and forgets everything when it ends.

type Request = ClientPayload<'execute_command'>
type Update = { node_id: string; property_id: string; new_value: string }
type Answer = { ok: true; command_id: string; seq: number; result: null }

type ClientEvents = {
  join_session: (
    request: ClientPayload<'join_session'>,
    ack: (answer: { ok: true }) => void,
  ) => void
  execute_command: (request: Request, ack: (answer: Answer) => void) => void
  noop: (ack: () => void) => void
  echo: (request: Echo, ack: () => void) => void
}
type ServerEvents = { echoed: (value: string) => void } & Pick<
  ServerToClientEvents & ClientToServerEvents,
  'command:executing' | 'property-changed' | 'command:executed'
>

/** The least that a client can tell another through a server. */
type Echo = { session_id: string; value: string }

type Session = { seq: number; properties: Map<string, string> }

const actor = { id: 'anonymous' }
const sessions = new Map<string, Session>()
const http = createServer()
const io = new Server<ClientEvents, ServerEvents>(http)

function sessionOf(id: string): Session {
  let session = sessions.get(id)
  if (!session) {
    session = { seq: 0, properties: new Map() }
    sessions.set(id, session)
  }
  return session
}

function execute(request: Request): Answer {
  const { session_id = '', command_id = randomUUID(), command_type } = request
  const session = sessionOf(session_id)
  const seq = ++session.seq
  const timestamp = new Date().toISOString()
  const origin = { session_id, timestamp, command_id, seq, actor }
  const room = io.to(session_id)
  room.emit('command:executing', { event: 'command:executing', ...origin, command_type })
  if (command_type === 'UpdateProperty') {
    const { node_id, property_id, new_value } = request.data as Update
    const key = `${node_id}/${property_id}`
    const old_value = session.properties.get(key) ?? null
    session.properties.set(key, new_value)
    const change = { node_id, property_id, old_value, new_value }
    room.emit('property-changed', { event: 'property-changed', ...origin, ...change })
  }
  const result = null
  room.emit('command:executed', { event: 'command:executed', ...origin, command_type, result })
  return { ok: true, command_id, seq, result }
}

io.on('connection', (socket) => {
  socket.on('join_session', ({ session_id }, ack) => {
    // The in-memory adapter joins at once; the promise is for adapters that do not.
    void socket.join(session_id)
    ack({ ok: true })
  })
  socket.on('execute_command', (request, ack) => ack(execute(request)))
  socket.on('noop', (ack) => ack())
  socket.on('echo', ({ session_id, value }, ack) => {
    io.to(session_id).emit('echoed', value)
    ack()
  })
})

http.listen(0, '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})
