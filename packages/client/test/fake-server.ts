import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  ClientToServerEvents,
  Entry,
  ErrorBody,
  Node,
  ServerToClientEvents,
} from '@talus/protocol'
import { Server, type ServerOptions, type Socket } from 'socket.io'

type OnSocket = (socket: Socket<ClientToServerEvents, ServerToClientEvents>) => void

/** What `GET /graph` and `GET …/changes` answer with. */
type Stored = {
  seq: number
  epoch: string
  template_id: string | null
  nodes: Node[]
  /** Or what everything but the graph is refused with. */
  entries: Entry[] | ErrorBody
}

/**
 * A server that behaves as a test tells it to, for what the real one does only when it is in
 * trouble. Joins are answered, and reads with what is `stored`; the rest is up to `onSocket`.
 */
export class FakeServer {
  readonly io: Server<ClientToServerEvents, ServerToClientEvents>
  readonly stored: Stored = { seq: 0, epoch: 'e-1', template_id: null, nodes: [], entries: [] }
  /** The paths that were asked for over HTTP, with their queries and credentials. */
  readonly asked: { path: string; query: string; token: string | undefined }[] = []
  readonly #http: HttpServer

  private constructor(onSocket: OnSocket, options: Partial<ServerOptions>) {
    this.#http = createServer((request, response) => this.#answer(request, response))
    this.io = new Server(this.#http, options)
    this.io.on('connection', (socket) => {
      socket.on('ping', () => socket.emit('pong'))
      socket.on('join_session', ({ session_id }, ack) => {
        const { seq, epoch } = this.stored
        ack?.({ ...joined(session_id, socket.id), seq, epoch })
      })
      onSocket(socket)
    })
  }

  static async start(
    onSocket: OnSocket,
    options: Partial<ServerOptions> = {},
  ): Promise<FakeServer> {
    const server = new FakeServer(onSocket, options)
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.io.close()
  }

  #answer({ url = '/', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, search: query, searchParams } = new URL(url, 'http://localhost')
    // Others are for Socket.IO.
    if (!path.startsWith('/api/v1/')) return
    this.asked.push({ path, query, token: headers.authorization })
    const { seq, epoch, template_id, nodes, entries } = this.stored
    const session_id = searchParams.get('session_id') ?? 's'
    const answer = (body: object, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (path.endsWith('/graph')) {
      const roots = nodes.filter(({ parent_id }) => parent_id === null).map(({ id }) => id)
      answer({ session_id, project_id: null, template_id, seq, epoch, roots, nodes })
    } else if (path.endsWith('/changes') && Array.isArray(entries)) {
      const after = Number(searchParams.get('after_seq'))
      const page = entries.filter((entry) => entry.seq > after)
      answer({ session_id, epoch, seq, entries: page, has_more: false })
    } else {
      answer({ error: entries }, 410)
    }
  }
}

/** What the server says to somebody who joins an empty session. */
export function joined(session_id: string, client_id: string) {
  return {
    ok: true as const,
    session_id,
    client_id,
    active_clients: 1,
    seq: 0,
    epoch: 'e-1',
    protocol_version: '1.3',
    contract_hash: '',
  }
}
