import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientToServerEvents, ServerToClientEvents } from '@talus/protocol'
import { Server, type ServerOptions, type Socket } from 'socket.io'

type OnSocket = (socket: Socket<ClientToServerEvents, ServerToClientEvents>) => void

/**
 * A server that behaves as a test tells it to, for what the real one does only when it is in
 * trouble. Joins are answered; the rest is up to `onSocket`.
 */
export class FakeServer {
  readonly io: Server<ClientToServerEvents, ServerToClientEvents>
  readonly #http: HttpServer

  private constructor(http: HttpServer, onSocket: OnSocket, options: Partial<ServerOptions>) {
    this.#http = http
    this.io = new Server(http, options)
    this.io.on('connection', (socket) => {
      socket.on('ping', () => socket.emit('pong'))
      socket.on('join_session', ({ session_id }, ack) => ack?.(joined(session_id, socket.id)))
      onSocket(socket)
    })
  }

  static async start(
    onSocket: OnSocket,
    options: Partial<ServerOptions> = {},
  ): Promise<FakeServer> {
    const http = createServer()
    const server = new FakeServer(http, onSocket, options)
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.io.close()
  }
}

function joined(session_id: string, client_id: string) {
  return {
    ok: true as const,
    session_id,
    client_id,
    active_clients: 1,
    seq: 0,
    epoch: 'e-1',
    protocol_version: '1.1',
    contract_hash: '',
  }
}
