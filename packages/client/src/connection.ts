import { PROTOCOL_VERSION } from '@talus/protocol'
import { Manager } from 'socket.io-client'
import { asErrorBody, noToken, TalusError } from './errors.js'
import { Line, type TalusSocket } from './line.js'
import { tokenOf, type Settings } from './options.js'
import { backoff } from './retry.js'

export type ConnectionEvents = {
  /** Connected, after this many attempts. */
  up: (line: Line, attempts: number) => void
  /** Not connected; the next attempt follows. */
  down: () => void
  /** The server does not want this client: there will be no further attempt. */
  refused: (error: TalusError) => void
  /** Something is wrong here, not at the server; the next attempt follows. */
  troubled: (error: TalusError) => void
  message: (name: string, payload: unknown) => void
}

/** Why the server refused the handshake; undefined when it did not get that far. */
function refusalOf(error: Error, socket: TalusSocket): TalusError | undefined {
  // Socket.IO keeps a socket active unless it was the server that said no.
  if (socket.active) return undefined
  const body = asErrorBody((error as { data?: unknown }).data)
  return new TalusError(body ?? { code: 'FORBIDDEN', message: error.message, retryable: false })
}

/**
 * Keeps one Socket.IO connection to `/` open until it is closed or refused. Connecting again is
 * done here and not by Socket.IO, which gives up when a server that shuts down says goodbye, and
 * when a handshake is refused for now.
 */
export class Connection {
  readonly #manager
  readonly #socket: TalusSocket
  readonly #settings: Settings
  readonly #events: ConnectionEvents
  #line: Line | undefined
  #maxBytes = Infinity
  #attempts = 0
  /** Attempts since the beginning: what belongs to an earlier one comes too late. */
  #dialled = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(origin: string, settings: Settings, events: ConnectionEvents) {
    const { actor, transports } = settings
    this.#settings = settings
    this.#events = events
    const manager = new Manager(origin, {
      autoConnect: false,
      reconnection: false,
      transports,
      tryAllTransports: true,
    })
    this.#manager = manager
    const claim = { protocol_version: PROTOCOL_VERSION, ...(actor !== undefined && { actor }) }
    this.#socket = manager.socket('/', {
      auth: (introduce: (auth: object) => void) => void this.#introduce(claim, introduce),
    })
    this.#socket.on('connect', () => this.#up())
    this.#socket.on('connect_error', (error) => this.#failed(error))
    this.#socket.on('disconnect', () => this.#lost())
    this.#socket.onAny((name: string, payload: unknown) => {
      this.#line?.heard()
      events.message(name, payload)
    })
    this.#dial()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#hangUp()
    this.#socket.disconnect()
  }

  #dial(): void {
    this.#attempts += 1
    this.#dialled += 1
    this.#timer = setTimeout(() => {
      this.#socket.disconnect()
      this.#dialLater()
    }, this.#settings.ackTimeoutMs)
    this.#socket.connect()
    this.#manager.engine.once('handshake', ({ maxPayload }) => {
      this.#maxBytes = maxPayload
    })
  }

  #dialLater(refusal?: TalusError): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    const delay = backoff(this.#attempts + 1, this.#settings.reconnect, refusal)
    this.#timer = setTimeout(() => this.#dial(), delay)
    this.#events.down()
  }

  #up(): void {
    clearTimeout(this.#timer)
    const attempts = this.#attempts
    this.#attempts = 0
    const { ackTimeoutMs } = this.#settings
    const limits = { ackTimeoutMs, maxBytes: this.#maxBytes }
    this.#line = new Line(this.#socket, limits, () => this.#socket.disconnect())
    this.#events.up(this.#line, attempts)
  }

  #failed(error: Error): void {
    if (this.#closed) return
    const refusal = refusalOf(error, this.#socket)
    if (!refusal || refusal.retryable || this.#mayBeExpired(refusal)) {
      return this.#dialLater(refusal)
    }
    this.#refuse(refusal)
  }

  #refuse(refusal: TalusError): void {
    this.close()
    this.#events.refused(refusal)
  }

  /** Says who this is, with the credential of the moment. */
  async #introduce(claim: object, introduce: (auth: object) => void): Promise<void> {
    const dial = this.#dialled
    const isOver = () => this.#closed || dial !== this.#dialled
    try {
      const token = await tokenOf(this.#settings.token)
      if (!isOver()) introduce({ ...claim, ...(token !== undefined && { token }) })
    } catch (cause) {
      if (isOver()) return
      // There may be a credential later; without one there is no point in asking.
      this.#socket.disconnect()
      this.#events.troubled(noToken(cause))
      this.#dialLater()
    }
  }

  /** A token may expire on its way: a second one in a row that is not taken is a refusal. */
  #mayBeExpired({ code }: TalusError): boolean {
    const { token } = this.#settings
    return code === 'UNAUTHORIZED' && typeof token === 'function' && this.#attempts === 1
  }

  #lost(): void {
    if (this.#closed) return
    this.#hangUp()
    this.#dialLater()
  }

  #hangUp(): void {
    this.#line?.cut()
    this.#line = undefined
    // Socket.IO would send what it buffered before the sessions are joined again.
    this.#socket.sendBuffer = []
  }
}
