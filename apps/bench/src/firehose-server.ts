import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

// Finds the load generator's own limit: a server that does nothing but write ready-made events to
// everybody who joins, as fast as they are taken. Argument: how many commands' events one write has.

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const commands = Number(process.argv[2] ?? '1')

function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
  const header = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([header, payload])
}

function eventFrame(event: string, fields: object): Buffer {
  const origin = {
    event,
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00.000Z',
    command_id: 'c-100000',
    seq: 100000,
    actor: { id: 'anonymous' },
  }
  return serverFrame(`42${JSON.stringify([event, { ...origin, ...fields }])}`)
}

const value = { node_id: 'bench-node', property_id: 'note-1', old_value: 'a', new_value: 'b' }
const lifecycle = Buffer.concat([
  eventFrame('command:executing', { command_type: 'UpdateProperty' }),
  eventFrame('property-changed', value),
  eventFrame('command:executed', { command_type: 'UpdateProperty', result: null }),
])
const burst = Buffer.concat(Array.from({ length: commands }, () => lifecycle))

function pour(socket: Socket): void {
  // One write at a time for each client, so that all get their turn.
  socket.write(burst, (error) => {
    if (!error) setImmediate(pour, socket)
  })
}

function greet(socket: Socket, request: string): void {
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1')
    .update(key + WEBSOCKET_GUID)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.write(serverFrame('40{"sid":"firehose"}'))
}

const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.once('data', (request) => {
    greet(socket, request.toString('latin1'))
    // The next bytes are those of the first emit.
    socket.once('data', () => pour(socket))
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})
