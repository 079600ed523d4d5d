import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import type { WebSocket } from 'ws'
import type { After } from '../presence/beat.js'
import type { FanOutCounts } from './fan-out-counts.js'
import { joined, type Packets } from './frames.js'

type Engine = Socket['conn']

/** Of a WebSocket: RFC 6455, section 7.4.1, and the registry of its codes. */
export const POLICY_VIOLATION = 1008
const TRY_AGAIN_LATER = 1013

type CloseCode = typeof POLICY_VIOLATION | typeof TRY_AGAIN_LATER

/** A client that is let go may read on for so many milliseconds to learn why. */
const GOODBYE_MS = 2_000

/** What an object of Engine.IO takes beside the text that it carries, roughly. */
const PACKET_BYTES = 100

/** The WebSocket below a connection; undefined while it polls. */
function webSocketBelow(engine: Engine): (WebSocket & { _socket?: TcpSocket }) | undefined {
  const transport = engine.transport as unknown as { socket?: WebSocket }
  return transport.socket
}

/** The TCP socket below a WebSocket. `ws` keeps it private; nothing else gives it. */
function tcpBelow(engine: Engine): TcpSocket | undefined {
  return webSocketBelow(engine)?._socket
}

/**
 * The TCP socket that may be written to at once, past Engine.IO: only when every earlier byte has
 * been handed to it, or order would be lost. Anything else takes Engine.IO's own path.
 */
function idleTcp(engine: Engine): TcpSocket | undefined {
  // `transport.writable` is false while Engine.IO has packets on their way down.
  if (engine.transport.name !== 'websocket' || !engine.transport.writable) return undefined
  const { upgrading, writeBuffer } = engine as unknown as {
    upgrading: boolean
    writeBuffer: unknown[]
  }
  if (upgrading || writeBuffer.length > 0) return undefined
  const tcp = tcpBelow(engine)
  return tcp?.writable ? tcp : undefined
}

/** What a connection needs from its surroundings. */
type Hooks = {
  schedule: (connection: Connection) => void
  after: After
  counts: FanOutCounts
  /** Bytes that may wait for a client before it counts as too slow and is let go. */
  maxBytes: number
  /** The client is let go, with so many bytes waiting. */
  onSlow: (bytes: number) => void
}

/**
 * Everything that goes to one client, collected during a turn of the event loop and written in
 * one piece: the number of writes is what costs, not their size.
 */
export class Connection {
  readonly #engine: Engine
  readonly #hooks: Hooks
  /** Of its last socket, for the log. */
  client_id = ''
  #queue: Packets[] = []
  /** Bytes handed to Engine.IO that it has not passed on yet. */
  #waiting = 0

  constructor(engine: Engine, hooks: Hooks) {
    this.#engine = engine
    this.#hooks = hooks
    // Also what Socket.IO says by itself: who asks for it without end must not fill the memory.
    engine.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
      this.#waiting += PACKET_BYTES + (data?.length ?? 0)
      this.#evictWhenSlow(tcpBelow(this.#engine)?.writableLength ?? 0)
    })
    engine.once('close', () => {
      // Who does not say goodbye would be read from, and what waits for it kept, for half a minute.
      const webSocket = webSocketBelow(engine)
      if (webSocket) hooks.after(GOODBYE_MS, () => webSocket.terminate())
    })
    engine.on('drain', () => {
      this.#waiting = 0
    })
  }

  /** Bytes that wait for this client. */
  get bufferedBytes(): number {
    return this.#waiting + (tcpBelow(this.#engine)?.writableLength ?? 0)
  }

  send(packets: Packets): void {
    if (this.#queue.length === 0) this.#hooks.schedule(this)
    this.#queue.push(packets)
  }

  /** Writes what was collected. Called once per turn. */
  flush(): void {
    const queue = this.#queue
    this.#queue = []
    if (this.#engine.readyState !== 'open') return
    const tcp = idleTcp(this.#engine)
    if (tcp) this.#writeAtOnce(tcp, queue)
    else this.#writeThroughEngine(queue)
  }

  #writeAtOnce(tcp: TcpSocket, queue: Packets[]): void {
    const wire = joined(queue.map((packets) => packets.wire))
    const { counts } = this.#hooks
    tcp.write(wire, 'latin1')
    counts.direct += 1
    counts.bytes += wire.length
    for (const packets of queue) counts.packets += packets.list.length
    this.#evictWhenSlow(tcp.writableLength)
  }

  #writeThroughEngine(queue: Packets[]): void {
    const { counts } = this.#hooks
    counts.queued += 1
    for (const packets of queue) {
      counts.packets += packets.list.length
      for (const packet of packets.list) {
        counts.bytes += packet.length
        this.#engine.write(packet, { compress: false })
      }
    }
  }

  /** Ends the connection, whether or not the client reads what waits for it. */
  end(code: CloseCode, reason: string): void {
    webSocketBelow(this.#engine)?.close(code, reason)
    this.#engine.close(true)
  }

  /** `below`: bytes that the TCP socket has not passed on. */
  #evictWhenSlow(below: number): void {
    const bytes = this.#waiting + below
    if (bytes <= this.#hooks.maxBytes || this.#engine.readyState !== 'open') return
    this.#hooks.onSlow(bytes)
    this.end(TRY_AGAIN_LATER, `Too slow: ${bytes} bytes were waiting`)
  }
}
