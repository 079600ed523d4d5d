import { io, type Socket } from 'socket.io-client'
import { faults, schemas } from './spec-files.js'

/** Something that was received, and what is wrong with it by its committed schema. */
export type Heard = { event: string; faults: string[] }

const fileOf = (folder: string, event: string) =>
  `schemas/${folder}/${event.replaceAll(':', '-')}.json`

/** A plain client that checks everything it receives. */
export class LiveClient {
  readonly heard: Heard[] = []
  readonly socket: Socket

  constructor(url: string, folder: 'root' | 'graph', auth: object) {
    const address = folder === 'graph' ? `${url}/graph` : url
    this.socket = io(address, { auth, transports: ['websocket'], forceNew: true })
    this.socket.onAny((event: string, ...payload: unknown[]) => {
      const file = fileOf(folder, event)
      // `pong` carries nothing and has no schema.
      const bare = payload.length === 0 && !schemas.has(file)
      this.heard.push({ event, faults: bare ? [] : faults(file, payload[0]) })
    })
  }

  /** Resolves when it is connected, or with what `connect_error` gets. */
  connected(): Promise<unknown> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve(undefined))
      this.socket.once('connect_error', resolve)
    })
  }

  /** Emits with a callback; what is wrong with the acknowledgement, and the acknowledgement. */
  async ask(event: string, payload: unknown): Promise<{ faults: string[]; ack: Ack }> {
    const ack = (await this.socket.emitWithAck(event, payload)) as Ack
    return { faults: faults(`schemas/client/${event}.ack.json`, ack), ack }
  }

  /** Resolves once the server has answered a ping: what it sent before has arrived. */
  async settled(): Promise<void> {
    const pong = new Promise((resolve) => this.socket.once('pong', resolve))
    this.socket.emit('ping')
    await pong
  }

  names(): string[] {
    return [...new Set(this.heard.map(({ event }) => event))].toSorted()
  }
}

export type Ack = { ok: boolean; result?: unknown; [field: string]: unknown }
