import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import type { WebSocket } from 'ws'
import type { FanOutCounts } from './fan-out-counts.js'
import type { Packets } from './frames.js'

type Engine = Socket['conn']

/** Bytes that may wait for a client before it counts as too slow and is let go. */
export const MAX_BUFFERED_BYTES = 16 * 1024 * 1024

/** The TCP socket below a WebSocket. `ws` keeps it private; nothing else gives it. */
function tcpBelow(engine: Engine): TcpSocket | undefined {
  const transport = engine.transport as unknown as { socket?: WebSocket & { _socket?: TcpSocket } }
  return transport.socket?._socket
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

/**
 * Everything that goes to one client, collected during a turn of the event loop and written in
 * one piece: the number of writes is what costs, not their size.
 */
export class Connection {
  readonly #engine: Engine
  readonly #schedule: (connection: Connection) => void
  readonly #onSlow: () => void
  readonly #counts: FanOutCounts
  #queue: Packets[] = []
  /** Bytes handed to Engine.IO that it has not passed on yet. */
  #waiting = 0

  constructor(
    engine: Engine,
    hooks: {
      schedule: (connection: Connection) => void
      onSlow: () => void
      counts: FanOutCounts
    },
  ) {
    this.#engine = engine
    this.#schedule = hooks.schedule
    this.#onSlow = hooks.onSlow
    this.#counts = hooks.counts
    engine.on('drain', () => {
      this.#waiting = 0
    })
  }

  /** Bytes that wait for this client. */
  get bufferedBytes(): number {
    return this.#waiting + (tcpBelow(this.#engine)?.writableLength ?? 0)
  }

  send(packets: Packets): void {
    if (this.#queue.length === 0) this.#schedule(this)
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
    const [first] = queue
    const one = first && queue.length === 1
    const bytes = one ? first.wire : Buffer.concat(queue.map((packets) => packets.wire))
    tcp.write(bytes)
    this.#counts.direct += 1
    this.#counts.bytes += bytes.length
    for (const packets of queue) this.#counts.packets += packets.list.length
    if (tcp.writableLength > MAX_BUFFERED_BYTES) this.#evict()
  }

  #writeThroughEngine(queue: Packets[]): void {
    this.#counts.queued += 1
    for (const packets of queue) {
      this.#counts.packets += packets.list.length
      for (const packet of packets.list) {
        this.#waiting += packet.length
        this.#counts.bytes += packet.length
        this.#engine.write(packet, { compress: false })
      }
    }
    if (this.bufferedBytes > MAX_BUFFERED_BYTES) this.#evict()
  }

  #evict(): void {
    this.#onSlow()
    this.#engine.close(true)
  }
}
