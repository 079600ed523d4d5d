import type {
  ClientAck,
  ClientPayload,
  ClientToServerEvents,
  ServerToClientEvents,
} from '@talus/protocol'
import type { Socket } from 'socket.io-client'
import { Limit, travelMs } from './retry.js'

export type TalusSocket = Socket<ServerToClientEvents, ClientToServerEvents>

/** The events that the server answers. */
type Question = Exclude<keyof ClientToServerEvents, 'ping'>

/** The answer; or none in time, though the connection lives; or none any more. */
export type Reply<Q extends Question> =
  | { outcome: 'answered'; answer: ClientAck<Q> }
  | { outcome: 'overdue' }
  | { outcome: 'lost' }

type Settings = {
  ackTimeoutMs: number
  /** The largest message that the server takes; a larger one costs the connection. */
  maxBytes: number
  /** An answer is overdue: does the connection live? */
  onDoubt: () => void
  /** The token has expired: the server ends the connection. */
  onSignedOut: () => void
}

/** What Socket.IO's types cannot say of an event whose name is a type parameter. */
type Asks<Q extends Question> = {
  emit(question: Q, payload: ClientPayload<Q>, answered: (answer: ClientAck<Q>) => void): void
}

/** Whether the token of the connection has expired: what was asked, another one may ask again. */
function isSignedOut(answer: unknown): boolean {
  // What is no Talus server may have answered anything.
  const { error } = Object(answer) as { error?: { code?: unknown } }
  return error?.code === 'UNAUTHORIZED'
}

/**
 * One uninterrupted connection, from the handshake to its loss. What is asked on a line is
 * answered on it or lost with it; a new connection is a new line.
 */
export class Line {
  /** When it began, in milliseconds since 1970. */
  readonly since = Date.now()
  readonly #socket: TalusSocket
  readonly #settings: Settings
  readonly #cut = new AbortController()
  /** What to do with what is not answered when the connection is lost. */
  readonly #asked = new Set<() => void>()
  /** The same of what is overdue, when it turns out that the connection lives. */
  readonly #overdue = new Set<() => void>()
  /** What was sent and is not answered. */
  #bytes = 0

  constructor(socket: TalusSocket, settings: Settings) {
    this.#socket = socket
    this.#settings = settings
  }

  get maxBytes(): number {
    return this.#settings.maxBytes
  }

  /** Aborts when the connection is lost. */
  get lost(): AbortSignal {
    return this.#cut.signal
  }

  /** How long to wait for a sign of life, with all that is on its way. */
  get patienceMs(): number {
    return this.#settings.ackTimeoutMs + travelMs(this.#bytes)
  }

  /** Asks once, with a payload of about so many bytes. Never rejects. */
  ask<Q extends Question>(question: Q, payload: ClientPayload<Q>, bytes = 0): Promise<Reply<Q>> {
    if (this.lost.aborted) return Promise.resolve({ outcome: 'lost' })
    return new Promise((resolve) => {
      const settle = (reply: Reply<Q>) => {
        limit.stop()
        this.#asked.delete(onLost)
        this.#overdue.delete(overdue)
        this.#bytes -= bytes
        bytes = 0
        resolve(reply)
      }
      const overdue = () => settle({ outcome: 'overdue' })
      const onLost = () => settle({ outcome: 'lost' })
      this.#bytes += bytes
      const limit = new Limit(this.patienceMs, () => {
        this.#overdue.add(overdue)
        this.#settings.onDoubt()
      })
      this.#asked.add(onLost)
      const asking = this.#socket as unknown as Asks<Q>
      asking.emit(question, payload, (answer) => {
        if (question === 'authenticate' || !isSignedOut(answer)) {
          return settle({ outcome: 'answered', answer })
        }
        // The server is about to end the connection; whatever is open is asked again on the next.
        this.#settings.onSignedOut()
      })
    })
  }

  /** The connection lives: what is overdue will not be answered. */
  proven(): void {
    for (const overdue of this.#overdue) overdue()
  }

  cut(): void {
    this.#cut.abort()
    for (const onLost of this.#asked) onLost()
  }
}
