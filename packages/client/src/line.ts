import type {
  ClientAck,
  ClientPayload,
  ClientToServerEvents,
  ServerToClientEvents,
} from '@talus/protocol'
import type { Socket } from 'socket.io-client'

export type TalusSocket = Socket<ServerToClientEvents, ClientToServerEvents>

/** The events that the server answers. */
type Question = Exclude<keyof ClientToServerEvents, 'ping'>

/** The answer; or none in time, or none any more. */
export type Reply<Q extends Question> =
  | { outcome: 'answered'; answer: ClientAck<Q> }
  | { outcome: 'overdue' }
  | { outcome: 'lost' }

type Limits = {
  ackTimeoutMs: number
  /** The largest message that the server takes; a larger one costs the connection. */
  maxBytes: number
}

type Answered<Q extends Question> = (error: Error | null, answer: ClientAck<Q>) => void

/** What Socket.IO's types cannot say of an event whose name is a type parameter. */
type Asks<Q extends Question> = {
  emit(question: Q, payload: ClientPayload<Q>, answered: Answered<Q>): void
}

/**
 * One uninterrupted connection, from the handshake to its loss. What is asked on a line is
 * answered on it or lost with it; a new connection is a new line.
 */
export class Line {
  readonly maxBytes: number
  readonly #socket: TalusSocket
  readonly #ackTimeoutMs: number
  readonly #onDead: () => void
  readonly #cut = new AbortController()
  #probe: ReturnType<typeof setTimeout> | undefined

  constructor(socket: TalusSocket, { ackTimeoutMs, maxBytes }: Limits, onDead: () => void) {
    this.#socket = socket
    this.#ackTimeoutMs = ackTimeoutMs
    this.maxBytes = maxBytes
    this.#onDead = onDead
  }

  /** Aborts when the connection is lost. */
  get lost(): AbortSignal {
    return this.#cut.signal
  }

  /** Asks once. Never rejects. */
  ask<Q extends Question>(question: Q, payload: ClientPayload<Q>): Promise<Reply<Q>> {
    if (this.lost.aborted) return Promise.resolve({ outcome: 'lost' })
    return new Promise((resolve) => {
      const asking = this.#socket.timeout(this.#ackTimeoutMs) as unknown as Asks<Q>
      asking.emit(question, payload, (error, answer) => {
        if (!error) return resolve({ outcome: 'answered', answer })
        if (this.lost.aborted) return resolve({ outcome: 'lost' })
        this.#checkIsAlive()
        resolve({ outcome: 'overdue' })
      })
    })
  }

  /** The server said something: it is there. */
  heard(): void {
    clearTimeout(this.#probe)
    this.#probe = undefined
  }

  cut(): void {
    this.heard()
    this.#cut.abort()
  }

  /**
   * An overdue answer has two causes: a slow server, which still answers a ping, and a connection
   * that broke without a word, which Engine.IO notices only after most of a minute.
   */
  #checkIsAlive(): void {
    if (this.#probe) return
    this.#socket.emit('ping')
    this.#probe = setTimeout(this.#onDead, this.#ackTimeoutMs)
  }
}
