import type { ErrorBody } from '@talus/protocol'
import { Connection } from './connection.js'
import { Emitter } from './emitter.js'
import { asErrorBody, closedError, storeFailed, TalusError } from './errors.js'
import type { Line } from './line.js'
import { Membership } from './membership.js'
import { readOptions, readOrigin, type ClientOptions, type Settings } from './options.js'
import { indexedDbStore } from './queue/indexed-db.js'
import type { CommandStore } from './queue/store.js'
import { rest, type Rest } from './rest.js'
import { Session } from './session.js'

/**
 * How the client stands with the server. `live`: connected, every session joined. `offline`:
 * not connected, trying. `refused`: the server does not want this client, with its reason; like
 * `closed` it is final.
 */
export type Status = 'connecting' | 'live' | 'offline' | 'closed' | { refused: TalusError }

/** What a client tells its listeners, by name. */
export type ClientEvents = {
  /** How the client stands with the server now. */
  status: Status
  /** Connected again and in every session again, after this many attempts. */
  reconnect: number
  /** What answers no call, e.g. that a session was deleted, or that a store does not work. */
  error: TalusError
}

type Entry = { membership: Membership; session: Promise<Session> }

/** Whom the server takes for who claims to be nobody (rule ACT1). */
const ANONYMOUS_ID = 'anonymous'

const EVENTS: Record<keyof ClientEvents, true> = { status: true, reconnect: true, error: true }

/**
 * Connects to a server, and stays connected until `close()`.
 *
 * ```ts
 * const client = connect('http://localhost:5000', { actor: { id: 'ada', name: 'Ada' } })
 * const session = await client.join('my-session')
 * ```
 *
 * Throws a TypeError when the URL or an option is wrong; problems with the server show in `status`.
 */
export function connect(url: string, options: ClientOptions = {}): Client {
  return new Client(readOrigin(url), readOptions(options))
}

/** Memory outside of browsers, and where a browser forbids to store anything. */
function storeOf({ store }: Settings): CommandStore | null {
  if (store !== undefined) return store
  return typeof indexedDB === 'undefined' ? null : indexedDbStore()
}

/** One connection and the sessions joined over it. */
export class Client {
  /** The REST routes of the same server, as the same actor. */
  readonly rest: Rest
  readonly #origin: string
  readonly #store: CommandStore | null
  readonly #settings: Settings
  readonly #connection: Connection
  readonly #events = new Emitter<ClientEvents>()
  readonly #entries = new Map<string, Entry>()
  readonly #requests = new AbortController()
  #status: Status = 'connecting'
  #line: Line | undefined
  #wasLive = false
  /** Why there is no way back. */
  #ended: TalusError | undefined

  /** Clients come from `connect`. */
  constructor(origin: string, settings: Settings) {
    this.#origin = origin
    this.#settings = settings
    this.#store = storeOf(settings)
    const { actor, token, ackTimeoutMs: timeoutMs } = settings
    const { signal } = this.#requests
    this.rest = rest(origin, { actor, token, timeoutMs, signal })
    this.#connection = new Connection(origin, settings, {
      up: (line, attempts) => void this.#up(line, attempts),
      down: () => this.#down(),
      refused: (error) => this.#end(error, { refused: error }),
      troubled: (error) => this.#events.emit('error', error),
      message: (name, payload) => this.#receive(name, payload),
    })
  }

  /** How the client stands with the server; `on('status')` tells when that differs. */
  get status(): Status {
    return this.#status
  }

  /**
   * Listens to the connection; the result stops it. Throws a TypeError for a name that no event
   * has.
   */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => unknown,
  ): () => void {
    if (!Object.hasOwn(EVENTS, name)) {
      const known = Object.keys(EVENTS).join(', ')
      throw new TypeError(`A client has no event '${name}'; it has ${known}`)
    }
    return this.#events.on(name, listener)
  }

  /**
   * Joins a session; the server makes it if there is none. Joining one that the client is in gives
   * the same Session. Rejects with a TalusError: what the server refused, UNSUPPORTED_SERVER,
   * TIMEOUT, or CLOSED; with a TypeError when the id is not a string or empty.
   */
  join(sessionId: string): Promise<Session> {
    if (typeof sessionId !== 'string' || sessionId === '') {
      return Promise.reject(new TypeError('join() expects the id of a session, a string'))
    }
    if (this.#ended) return Promise.reject(this.#ended)
    const known = this.#entries.get(sessionId)
    // The leaving goes first, or it would end the new membership.
    if (known?.membership.isLeaving) {
      return known.membership.leave().then(() => this.join(sessionId))
    }
    return known ? known.session : this.#enter(sessionId)
  }

  /**
   * Closes the connection. Everything open, and every later call, rejects with CLOSED; commands
   * that are not answered stay in the store, if there is one.
   */
  close(): void {
    if (this.#status === 'closed') return
    this.#connection.close()
    this.#store?.close()
    // Whoever closes the client knows; a join that nobody waits for must not end the process.
    for (const { session } of this.#entries.values()) session.catch(() => {})
    this.#end(closedError(), 'closed')
    this.#events.clear()
  }

  #enter(sessionId: string): Promise<Session> {
    const { actor, totalTimeoutMs } = this.#settings
    const actor_id = (typeof actor === 'string' ? actor : actor?.id) ?? ANONYMOUS_ID
    const membership = new Membership({
      sessionId,
      actor_id,
      scope: JSON.stringify([this.#origin, sessionId, actor_id]),
      store: this.#store,
      rest: this.rest,
      totalTimeoutMs,
      onEnded: () => this.#entries.delete(sessionId),
      onStoreFailed: (cause) => this.#events.emit('error', storeFailed(cause)),
    })
    const session = membership.entered.then(() => new Session(membership))
    this.#entries.set(sessionId, { membership, session })
    if (this.#line) void membership.enter(this.#line)
    return session
  }

  async #up(line: Line, attempts: number): Promise<void> {
    this.#line = line
    const entries = [...this.#entries.values()]
    await Promise.all(entries.map(({ membership }) => membership.enter(line)))
    if (line.lost.aborted || this.#ended) return
    this.#setStatus('live')
    if (this.#wasLive) this.#events.emit('reconnect', attempts)
    this.#wasLive = true
  }

  #down(): void {
    this.#line = undefined
    for (const { membership } of this.#entries.values()) membership.cut()
    this.#setStatus('offline')
  }

  #end(error: TalusError, status: Status): void {
    this.#ended = error
    this.#line = undefined
    this.#requests.abort(error)
    for (const { membership } of this.#entries.values()) membership.end(error)
    this.#setStatus(status)
  }

  #setStatus(status: Status): void {
    if (this.#status === status) return
    this.#status = status
    this.#events.emit('status', status)
  }

  #receive(name: string, payload: unknown): void {
    const body: ErrorBody | undefined = name === 'error' ? asErrorBody(payload) : undefined
    if (body) this.#trouble(new TalusError(body))
    const session_id = (payload as { session_id?: string } | undefined)?.session_id
    if (session_id !== undefined) this.#entries.get(session_id)?.membership.receive(name, payload)
  }

  /** Something that answers no call. */
  #trouble(error: TalusError): void {
    const gone = error.code === 'SESSION_NOT_FOUND' ? error.details[0]?.actual : undefined
    if (typeof gone === 'string') this.#entries.get(gone)?.membership.end(error)
    this.#events.emit('error', error)
  }
}
