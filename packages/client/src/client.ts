import type { Role, RootPayload } from '@talus/protocol'
import { Connection } from './connection.js'
import { Credentials, linkOf, type Link } from './credentials.js'
import { Emitter } from './emitter.js'
import { asErrorBody, closedError, TalusError, tokenFailed, unforeseen } from './errors.js'
import type { Joined } from './joined.js'
import type { Line } from './line.js'
import { Membership } from './membership.js'
import {
  readBase,
  readOptions,
  requirePlatform,
  type Base,
  type ClientOptions,
  type Settings,
} from './options.js'
import type { Renewal } from './renewal.js'
import { restAt, type Rest } from './rest.js'
import { Session } from './session.js'
import { hasStore, Storage } from './storage/storage.js'

/**
 * How the client stands with the server. `connecting`: from the beginning to the end of the first
 * attempt. `joining`: connected, and sessions are being joined, as `progress` tells. `live`:
 * connected, every session joined. `offline`: not connected, trying; `client.problem` says why.
 * `refused`: the server does not want this client, with its reason; `connect()` asks again.
 * `closed`: for good.
 */
export type Status =
  | 'connecting'
  | 'joining'
  | 'live'
  | 'offline'
  | 'closed'
  | { refused: TalusError }

/** How far the graph of a session has been loaded. */
export type Progress = {
  /** The session that it is of. */
  session_id: string
  /** How much has come so far, unpacked. */
  bytes: number
}

/** What a client tells its listeners, by name. */
export type ClientEvents = {
  /** How the client stands with the server now. */
  status: Status
  /** Connected again and in every session again, after this many attempts. */
  reconnect: number
  /** A graph is being loaded, and so much of it is here. */
  progress: Progress
  /**
   * What answers no call: a session was ended, a store does not work, there is no way to the
   * server or to a part of the client that is loaded on demand. Of an outage each reason is told
   * once.
   */
  error: TalusError
  /** The actor has another role in a session that the client is not in; null: none any longer. */
  role: { session_id: string; role: Role | null }
}

/** A join that was refused: whoever asks again at once gets the same promise. */
type RefusedJoin = { session: Promise<Session>; until: number }

/** For how long a refusal is remembered: a view that asks at every rendering would ask for ever. */
const REMEMBERED_MS = 2_000

type Entry = { membership: Membership; session: Promise<Session> }

/** Whom the server takes for who claims to be nobody (rule ACT1). */
const ANONYMOUS_ID = 'anonymous'

const EVENTS: Record<keyof ClientEvents, true> = {
  status: true,
  reconnect: true,
  progress: true,
  error: true,
  role: true,
}

/** The ids that a server takes (rule JOIN2). */
const SESSION_ID = /^[\w.:-]{1,128}$/

/** Who reads `status` less often than this has lost interest. */
const INTEREST_MS = 10_000

/**
 * A client of a server. It connects when a session is joined or `client.connect()` is called, and
 * stays connected until `close()`; until then nothing is dialled, opened or kept, so that it may
 * be made at the top of a module, also where pages are rendered.
 *
 * ```ts
 * const client = connect('http://localhost:5000', { actor: { id: 'ada', name: 'Ada' } })
 * const session = await client.join('my-session')
 * ```
 *
 * Throws a TypeError when the URL or an option is wrong; problems with the server show in `status`.
 */
export function connect(url: string, options: ClientOptions = {}): Client {
  requirePlatform()
  return new Client(readBase(url), readOptions(options))
}

/** One connection and the sessions joined over it. */
export class Client {
  /** The REST routes of the same server, as the same actor. */
  readonly rest: Rest
  readonly #storage: Storage | undefined
  readonly #base: Base
  readonly #settings: Settings
  readonly #credentials: Credentials
  readonly #connection: Connection
  readonly #events = new Emitter<ClientEvents>('client', EVENTS)
  readonly #entries = new Map<string, Entry>()
  readonly #refusedJoins = new Map<unknown, RefusedJoin>()
  readonly #requests = new AbortController()
  readonly #actor_id: string
  readonly #link: Link | undefined
  #status: Status = 'connecting'
  #line: Line | undefined
  /** Sessions that are being joined since the connection is there, and the attempts before. */
  #awaited = new Set<Membership>()
  #attempts = 0
  #renewal: Renewal | undefined
  #wasLive = false
  /** That commands are not shown at once. */
  #told = false
  /** Whether it stays connected without anybody who asks. */
  #isWanted = false
  #interest: ReturnType<typeof setTimeout> | undefined
  /** Why there is no way in; only after `close()` there is no way back. */
  #ended: TalusError | undefined

  /** Clients come from `connect`. */
  constructor(base: Base, settings: Settings) {
    this.#base = base
    this.#settings = settings
    const { actor, store, keepGraphs, shareToken } = settings
    const mayKeep = store !== null
    this.#link = shareToken === undefined ? undefined : linkOf(shareToken, base.url, mayKeep)
    const link = this.#link
    this.#credentials = new Credentials(settings.token)
    const { token } = this.#credentials
    this.rest = this.#restOf()
    const claimed = typeof actor === 'string' ? actor : actor?.id
    this.#actor_id = claimed ?? ANONYMOUS_ID
    if (hasStore(store)) {
      this.#storage = new Storage({
        origin: base.url,
        // Who has a token and does not say who that is, is told by the server.
        actor_id: claimed ?? (token === undefined && link === undefined ? ANONYMOUS_ID : undefined),
        store: store ?? undefined,
        keepGraphs,
        onFailed: (error) => this.#events.emit('error', error),
      })
    }
    this.#connection = new Connection(
      base,
      { ...settings, token, link },
      {
        up: (line, attempts) => this.#up(line, attempts),
        down: () => this.#down(),
        refused: (error) => this.#end(error, { refused: error }),
        troubled: (error) => this.#events.emit('error', error),
        message: (name, payload) => this.#receive(name, payload),
      },
    )
  }

  /** Has Vue leave it as it is: a proxy cannot reach private fields. */
  get __v_skip(): true {
    return true
  }

  /**
   * How the client stands with the server; `on('status')` tells when that differs. Reading it
   * connects too, for as long as somebody reads it.
   */
  get status(): Status {
    this.#askedFor()
    return this.#status
  }

  /** Why the client is not connected; undefined while nothing is wrong. */
  get problem(): TalusError | undefined {
    return this.#connection.problem
  }

  /**
   * Connects now: the first time, after a refusal, or in the middle of a pause between attempts. A
   * connection is checked, and replaced when nothing comes within a second. Browsers tell the
   * client by themselves when a page or a network is back; elsewhere, such as in React Native,
   * call this then.
   */
  connect(): void {
    if (this.#status === 'closed') return
    this.#ended = undefined
    this.#isWanted = true
    this.#connection.want()
    this.#connection.wake()
  }

  /**
   * Listens to the connection; the result stops it. Throws a TypeError for a name that no event
   * has.
   */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Joins a session; the server makes it if there is none. Joining one that the client is in gives
   * the same Session, also while commands of one that was left are not answered yet, which takes
   * the leaving back; after it has ended, a new one; one that was just refused the same refusal,
   * for 2 s. Rejects with a TalusError: what the server refused, UNSUPPORTED_SERVER, TIMEOUT with the reason, or CLOSED; with a TypeError when the id
   * cannot be one.
   */
  join(sessionId: string): Promise<Session> {
    const refused = this.#refusedJoins.get(sessionId)
    if (refused && Date.now() < refused.until) return refused.session
    if (typeof sessionId !== 'string' || !SESSION_ID.test(sessionId)) {
      const expected = 'join() expects the id of a session, 1 to 128 of A-Z a-z 0-9 . _ : -'
      const error = new TypeError(`${expected}, not ${JSON.stringify(sessionId)}`)
      return this.#refuse(sessionId, error)
    }
    if (this.#ended) return this.#refuse(sessionId, this.#ended)
    const known = this.#entries.get(sessionId)
    // Once the server is told, the leaving goes first, or it would end the new membership.
    if (known?.membership.isLeaving && !known.membership.stay()) {
      return known.membership.over.then(() => this.join(sessionId))
    }
    return known ? known.session : this.#enter(sessionId)
  }

  #refuse(sessionId: unknown, error: Error): Promise<Session> {
    const session = Promise.reject<Session>(error)
    this.#remember(sessionId, session)
    return session
  }

  #remember(sessionId: unknown, session: Promise<Session>): void {
    const now = Date.now()
    for (const [id, { until }] of this.#refusedJoins) if (until < now) this.#refusedJoins.delete(id)
    this.#refusedJoins.set(sessionId, { session, until: now + REMEMBERED_MS })
  }

  /**
   * Closes the connection. Everything open, and every later call, rejects with CLOSED; commands
   * that are not answered stay in the store, if there is one.
   */
  close(): void {
    if (this.#status === 'closed') return
    clearTimeout(this.#interest)
    this.#connection.close()
    this.#storage?.close()
    // Whoever closes the client knows; a join that nobody waits for must not end the process.
    for (const { session } of this.#entries.values()) session.catch(() => {})
    const error = closedError()
    this.#requests.abort(error)
    this.#end(error, 'closed')
    this.#events.clear()
  }

  /**
   * Closes the client and removes what it has stored of its actor: the last graphs, commands that
   * are not answered, refusals that nobody has heard. For signing out. Rejects with STORE_FAILED.
   */
  async forget(): Promise<void> {
    const forgetting = this.#storage?.forget()
    this.close()
    await forgetting
  }

  #restOf(onReceived?: (bytes: number) => void): Rest {
    const { actor, shareToken, ackTimeoutMs: timeoutMs } = this.#settings
    const guestToken = this.#link?.guest_token
    const { token } = this.#credentials
    const { signal } = this.#requests
    const options = { actor, token, shareToken, guestToken, timeoutMs, signal, onReceived }
    return restAt(this.#base.url, options)
  }

  /** Connects for whoever reads the status, and no longer than that. */
  #askedFor(): void {
    if (this.#isWanted || this.#ended) return
    clearTimeout(this.#interest)
    this.#connection.want()
    this.#interest = setTimeout(() => {
      if (!this.#isWanted) this.#connection.rest()
    }, INTEREST_MS)
  }

  #enter(sessionId: string): Promise<Session> {
    this.#isWanted = true
    this.#connection.want()
    const membership = new Membership({
      sessionId,
      actor_id: this.#actor_id,
      storage: this.#storage,
      rest: this.#restOf((bytes) => membership.progress(bytes)),
      totalTimeoutMs: this.#settings.totalTimeoutMs,
      problem: () => this.#connection.problem,
      onProgress: (bytes) => this.#events.emit('progress', { session_id: sessionId, bytes }),
      onUnforeseen: (cause) => {
        if (!this.#told) this.#events.emit('error', unforeseen(cause))
        this.#told = true
      },
      onEnded: (wasRefused) => {
        const entry = this.#entries.get(sessionId)
        this.#entries.delete(sessionId)
        if (entry && wasRefused) this.#remember(sessionId, entry.session)
        this.#arrived(membership)
      },
    })
    const session = membership.entered.then(() => {
      this.#arrived(membership)
      return new Session(membership)
    })
    this.#entries.set(sessionId, { membership, session })
    if (this.#line) void membership.enter(this.#line)
    return session
  }

  #up(line: Line, attempts: number): void {
    this.#line = line
    this.#attempts = attempts
    void this.#renewOn(line)
    this.#awaited = new Set(Array.from(this.#entries.values(), ({ membership }) => membership))
    if (this.#awaited.size > 0) this.#setStatus('joining')
    for (const membership of this.#awaited) {
      void membership.enter(line).then(() => {
        // One that was never shown is not joined before its graph is there.
        if (this.#line === line && membership.hasEntered) this.#arrived(membership)
      })
    }
    this.#arrived()
  }

  /** A session is joined again, or has ended: with the last one, the client is live. */
  #arrived(membership?: Membership): void {
    if (membership) this.#awaited.delete(membership)
    if (!this.#line || this.#awaited.size > 0 || this.#status === 'live') return
    this.#setStatus('live')
    if (this.#wasLive) this.#events.emit('reconnect', this.#attempts)
    this.#wasLive = true
  }

  /** Hands the next tokens over on this line, where the application can give any. */
  async #renewOn(line: Line): Promise<void> {
    const { token: ask, last } = this.#credentials
    if (typeof ask !== 'function') return
    const part = await import('./renewal.js').catch(() => {})
    // Without it the connection ends with the token, and the next one has another.
    if (!part || this.#line !== line) return
    const onFailed = (cause: unknown) => this.#events.emit('error', tokenFailed(cause))
    this.#renewal = new part.Renewal(line, last, { ask, onFailed, Refusal: TalusError })
  }

  #down(): void {
    this.#line = undefined
    for (const { membership } of this.#entries.values()) membership.cut()
    this.#setStatus('offline')
  }

  #end(error: TalusError, status: Status): void {
    this.#ended = error
    this.#line = undefined
    for (const { membership } of this.#entries.values()) membership.end(error)
    this.#setStatus(status)
  }

  #setStatus(status: Status): void {
    if (this.#status === status) return
    this.#status = status
    this.#events.emit('status', status)
  }

  #receive(name: string, payload: unknown): void {
    if (name === 'joined') this.#renewal?.holdsFor((payload as Joined).expires_in_ms)
    const { session_id } = (payload ?? {}) as { session_id?: string }
    const entry = session_id === undefined ? undefined : this.#entries.get(session_id)
    if (name === 'permissions:changed' && session_id !== undefined && !entry) {
      const { role, actor_id } = payload as RootPayload<'permissions:changed'>
      this.#refusedJoins.delete(session_id)
      if (role === null) this.#storage?.withdraw(session_id, actor_id)
      return this.#events.emit('role', { session_id, role })
    }
    if (name !== 'error') return entry?.membership.receive(name, payload)
    const body = asErrorBody(payload)
    if (!body) return
    const error = new TalusError(body)
    entry?.membership.expelled(error)
    this.#events.emit('error', error)
  }
}
