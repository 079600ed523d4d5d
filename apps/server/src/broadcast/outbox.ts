import type { Socket } from 'socket.io'
import type { After } from '../clock.js'
import { Connection, FanOutCounts } from './connection.js'
import { Packets, SHARED, type SharedField, SharingPacket } from './frames.js'
import { HeldBytes } from './held-bytes.js'

type SocketPacket = { type: number; nsp: string; id?: number; data?: unknown }
type PacketOptions = { volatile?: boolean }
type WithPacket = { packet: (packet: SocketPacket, options?: PacketOptions) => void }

/** Socket.IO packet types that this server sends to a client in the ordinary course. */
const EVENT = 2
const ACK = 3

/** A Socket.IO packet of JSON values as the text that Engine.IO carries. */
export function encodePacket(type: number, namespace: string, data: unknown, id?: number): string {
  const nsp = namespace === '/' ? '' : `${namespace},`
  return `${type}${nsp}${id ?? ''}${JSON.stringify(data)}`
}

/** The shared field of what is the last value of a packet, if there is one. */
function sharedIn(data: unknown): SharedField | undefined {
  const payload: unknown = Array.isArray(data) ? data.at(-1) : undefined
  if (typeof payload !== 'object' || payload === null) return undefined
  return (payload as { [SHARED]?: SharedField })[SHARED]
}

type OutboxOptions = {
  /** Bytes that may wait for a client before it is let go. */
  maxBytes: number
  /** Bytes of a message from a client. */
  messageBytes: number
  /** Bytes that connections may hold, of a user and in all. */
  held: { perUser: number; inAll: number }
  after: After
  onSlow: (client_id: string, bytes: number) => void
  onHolding: (connection: Connection, of: 'user' | 'all', bytes: number) => void
}

/**
 * Collects what every client is to receive and writes it once per loop turn. Socket.IO's own
 * emits and acknowledgements are led through here, so that handlers stay ordinary Socket.IO code.
 */
export class Outbox {
  readonly #connections = new WeakMap<Socket['conn'], Connection>()
  readonly counts = new FanOutCounts()
  readonly #options: OutboxOptions
  readonly #held: HeldBytes
  #dirty: Connection[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#held = new HeldBytes(options.held)
  }

  /** Watches a connection from its beginning: it may be slow before it is in any namespace. */
  watch(engine: Socket['conn']): Connection {
    return this.#connectionOf(engine)
  }

  /** Leads this socket's events and acknowledgements through the outbox. */
  adopt(socket: Socket): Connection {
    const connection = this.#connectionOf(socket.conn)
    connection.client_id = socket.id
    // `packet` is where Socket.IO's emit and acknowledgements meet; it is not part of its types.
    const target = socket as unknown as WithPacket
    const original = target.packet.bind(socket)
    target.packet = (packet, options) => {
      if (packet.type !== EVENT && packet.type !== ACK) return original(packet, options)
      const text = encodePacket(packet.type, socket.nsp.name, packet.data, packet.id)
      const shared = sharedIn(packet.data)
      connection.send(shared ? new SharingPacket(text, shared) : new Packets([text]))
    }
    return connection
  }

  /** Writes everything now, e.g. before closing. */
  flush(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const connection of dirty) connection.flush()
  }

  /** Bytes that wait for the clients of these connections. */
  bufferedFor(engines: Iterable<Socket['conn']>): number {
    let bytes = 0
    for (const engine of engines) bytes += this.#connections.get(engine)?.bufferedBytes ?? 0
    return bytes
  }

  #connectionOf(engine: Socket['conn']): Connection {
    const known = this.#connections.get(engine)
    if (known) return known
    const { maxBytes, messageBytes, after, onSlow, onHolding } = this.#options
    const connection: Connection = new Connection(engine, {
      schedule: (dirty) => this.#schedule(dirty),
      after,
      counts: this.counts,
      maxBytes,
      messageBytes,
      held: this.#held,
      onSlow: (bytes) => onSlow(connection.client_id, bytes),
      onHolding: (of, bytes) => onHolding(connection, of, bytes),
    })
    this.#connections.set(engine, connection)
    return connection
  }

  #schedule(connection: Connection): void {
    if (this.#dirty.length === 0) setImmediate(() => this.flush())
    this.#dirty.push(connection)
  }
}
