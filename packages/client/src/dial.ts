import { Manager } from 'socket.io-client'
import type { TalusSocket } from './line.js'
import type { Base } from './options.js'

export type Transport = 'websocket' | 'polling'

type Settings = {
  /** The one to begin with; from polling it may go on to WebSocket, if `transports` has that. */
  transport: Transport
  transports: Transport[]
  /** What the client says of itself. */
  auth: object
  onOpen: () => void
  onAccepted: (dial: Dial) => void
  /** The server said no, and sent this along. */
  onRefused: (error: Error, data: unknown) => void
  /** It did not come to an answer. */
  onFailed: (error: Error) => void
  /** `cause`: what the transport says, if it does. */
  onLost: (reason: string, cause?: unknown) => void
  /** Any sign of life. */
  onHeard: () => void
  onMessage: (name: string, payload: unknown) => void
}

/** How long a peer may take to say goodbye. */
const GOODBYE_MS = 1_000

/** What Engine.IO writes to, when it is a WebSocket: `terminate` has that of `ws`, in Node. */
type WithSocket = { ws?: WebSocket & { terminate?: () => void } }

/**
 * A socket that is closing loses what is written to it, and browsers show each time as an error in
 * the console. Engine.IO writes to it until it has closed.
 */
function writeWhileOpen(transport: object): void {
  const { ws } = transport as WithSocket
  if (!ws) return
  const send = ws.send.bind(ws)
  ws.send = (...message) => {
    if (ws.readyState === 1) send(...message)
  }
}

/**
 * One attempt to connect to the namespace `/`, and the connection that comes of it. Nothing of it
 * is used twice, so that nothing can come from an earlier attempt.
 */
export class Dial {
  readonly socket: TalusSocket
  /** The largest message that the server takes. */
  maxBytes = Infinity
  readonly #manager: Manager
  readonly #begunWith: Transport
  #hasEnded = false

  constructor(base: Base, { transport, transports, auth, ...on }: Settings) {
    const manager = new Manager(base.origin, {
      path: `${base.path}/socket.io`,
      autoConnect: false,
      reconnection: false,
      transports,
    })
    // How long is waited for what, the states of the connection say.
    manager.timeout(false)
    const socket: TalusSocket = manager.socket('/', { auth })
    this.#manager = manager
    this.#begunWith = transport
    this.socket = socket
    const unlessEnded =
      <Told extends unknown[]>(tell: (...told: Told) => void) =>
      (...told: Told) => {
        if (!this.#hasEnded) tell(...told)
      }
    socket.on(
      'connect',
      unlessEnded(() => on.onAccepted(this)),
    )
    socket.on(
      'connect_error',
      unlessEnded((error) => {
        // Socket.IO keeps a socket active unless it was the server that said no.
        if (socket.active) on.onFailed(error)
        else on.onRefused(error, (error as { data?: unknown }).data)
      }),
    )
    socket.on('disconnect', unlessEnded(on.onLost))
    socket.onAny(unlessEnded(on.onMessage))
    socket.connect()
    const { engine } = manager
    engine.once(
      'handshake',
      unlessEnded(({ maxPayload }) => {
        writeWhileOpen(engine.transport)
        this.maxBytes = maxPayload
        on.onOpen()
      }),
    )
    engine.once('upgrade', writeWhileOpen)
    engine.on('packet', unlessEnded(on.onHeard))
    // The manager does not listen before the transport is open. What it closes itself, it tells.
    engine.on(
      'close',
      unlessEnded((reason: string, cause?: unknown) => {
        if (reason !== 'forced close') on.onLost(reason, cause)
      }),
    )
  }

  /** What the connection goes over now. */
  get transport(): string {
    return this.#manager.engine.transport?.name ?? this.#begunWith
  }

  /** Ends it, whatever it has come to. Nothing more is told. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    // In Node it would wait half a minute for a peer that is gone.
    const { ws } = this.#manager.engine.transport as WithSocket
    this.socket.disconnect()
    const timer = setTimeout(() => ws?.terminate?.(), GOODBYE_MS) as { unref?: () => void }
    timer.unref?.()
  }
}
