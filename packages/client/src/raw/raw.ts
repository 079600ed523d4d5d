import { API_PREFIX, PROTOCOL_VERSION, type Namespace } from '@talus/protocol'
import { Manager } from 'socket.io-client'
import { linkOf } from '../credentials.js'
import { asErrorBody, ownError, TalusError } from '../errors.js'
import { reasonOf } from '../failed-attempt.js'
import { readBase, requireActor, requirePlatform, tokenOf } from '../options.js'
import { headersOf, type RestOptions } from '../rest.js'

/** Who asks. */
export type RawOptions = Pick<RestOptions, 'actor' | 'token' | 'shareToken'>

/** A request of REST. */
export type RawRequest = {
  /** Such as `GET`. */
  method: string
  /** Below `/api/v1`, with its parameters filled in. */
  path: string
  /** What goes into the query, not yet encoded. */
  query?: Readonly<Record<string, string>>
  /** What is sent as JSON; nothing where it is undefined. */
  body?: unknown
}

/** An answer of REST, whatever its status. */
export type RawAnswer = {
  /** Of HTTP. */
  status: number
  /** By name, in lower case. */
  headers: Readonly<Record<string, string>>
  /** The body, unpacked. */
  text: string
}

/** What a socket tells. */
export type RawSocketEvents = {
  /** Everything that the server sends, in order. */
  onEvent?: (name: string, payload: unknown) => void
  /** The connection is over, and why, in the words of Socket.IO. */
  onEnd?: (reason: string) => void
}

/** A connection of its own. It is not made again when it is lost. */
export type RawSocket = {
  /** Sends an event that the server does not answer. */
  send: (name: string, payload?: unknown) => void
  /**
   * Sends an event and resolves with its acknowledgement as it came. Rejects with a TalusError:
   * TIMEOUT after 30 s, or UNREACHABLE when the connection is lost meanwhile.
   */
  ask: (name: string, payload?: unknown) => Promise<unknown>
  /** Ends the connection. */
  close: () => void
}

/** The wire itself, for tools that show what is sent and what comes. */
export type Raw = {
  /** Asks once. Rejects with a TalusError, UNREACHABLE, when no answer comes. */
  request: (request: RawRequest) => Promise<RawAnswer>
  /**
   * Connects to a namespace; `/graph` wants a session. Rejects with a TalusError: the refusal, or
   * UNREACHABLE.
   */
  connect: (
    namespace: Namespace,
    options?: RawSocketEvents & { session_id?: string },
  ) => Promise<RawSocket>
}

const ANSWER_MS = 30_000

/** What an answer to nobody's question would be. */
type Emitter = {
  emit(name: string, ...carried: unknown[]): void
  timeout(ms: number): { emitWithAck(name: string, ...carried: unknown[]): Promise<unknown> }
}

const carried = (payload: unknown) => (payload === undefined ? [] : [payload])

/**
 * What goes over the wire, unchanged and unchecked, for tools that show it: nothing is repeated,
 * predicted or kept. Applications use `connect` and `rest`. Throws a TypeError when the URL is not
 * the address of a server, or the actor is nobody.
 */
export function raw(url: string, options: RawOptions = {}): Raw {
  requirePlatform()
  requireActor(options.actor)
  const base = readBase(url)
  const { actor, token, shareToken } = options
  // The same guest as a client in the same page.
  const link = shareToken === undefined ? undefined : linkOf(shareToken, base.url, true)

  async function request({ method, path, query = {}, body }: RawRequest): Promise<RawAnswer> {
    const address = new URL(base.url + API_PREFIX + path)
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
    const hasBody = body !== undefined
    const guestToken = link?.guest_token
    const headers = await headersOf({ actor, token, shareToken, guestToken }, hasBody)
    try {
      const sent = { method, headers, ...(hasBody && { body: JSON.stringify(body) }) }
      const response = await fetch(address, sent)
      const text = await response.text()
      return { status: response.status, headers: Object.fromEntries(response.headers), text }
    } catch (cause) {
      const message = `No answer from ${address.origin}: ${reasonOf(cause)}`
      throw ownError('UNREACHABLE', message, true, cause)
    }
  }

  async function connect(
    namespace: Namespace,
    { session_id, onEvent, onEnd }: RawSocketEvents & { session_id?: string } = {},
  ): Promise<RawSocket> {
    const manager = new Manager(base.origin, {
      path: `${base.path}/socket.io`,
      autoConnect: false,
      reconnection: false,
      transports: ['websocket', 'polling'],
      // Where WebSockets do not pass, the first attempt fails over to polling.
      tryAllTransports: true,
    })
    const auth = {
      protocol_version: PROTOCOL_VERSION,
      actor,
      token: await tokenOf(token),
      ...link,
      session_id,
    }
    const socket = manager.socket(namespace, { auth })
    const lost = new AbortController()
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', (error) => {
        const refusal = asErrorBody((error as { data?: unknown }).data)
        socket.close()
        const message = `No connection to ${base.url}: ${reasonOf(error)}`
        reject(refusal ? new TalusError(refusal) : ownError('UNREACHABLE', message, true, error))
      })
      socket.onAny((name: string, payload: unknown) => onEvent?.(name, payload))
      socket.connect()
    })
    socket.on('disconnect', (reason) => {
      lost.abort(ownError('UNREACHABLE', `The connection was lost: ${reason}`, true))
      onEnd?.(reason)
    })
    const emitter: Emitter = socket
    return {
      send: (name, payload) => emitter.emit(name, ...carried(payload)),
      ask: (name, payload) =>
        new Promise((resolve, reject) => {
          const gone = () => reject(lost.signal.reason as Error)
          if (lost.signal.aborted) return gone()
          lost.signal.addEventListener('abort', gone, { once: true })
          emitter
            .timeout(ANSWER_MS)
            .emitWithAck(name, ...carried(payload))
            .then(resolve, () => {
              const message = `No answer to ${name} for ${ANSWER_MS} ms`
              reject(ownError('TIMEOUT', message, true))
            })
            .finally(() => lost.signal.removeEventListener('abort', gone))
        }),
      close: () => void socket.close(),
    }
  }

  return { request, connect }
}
