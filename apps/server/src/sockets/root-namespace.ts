import { epochOf, type RoleView } from '@talus/graph'
import {
  type Actor,
  check,
  CLIENT_EVENTS,
  type ClientAck,
  type ClientPayload,
  fail,
  type Failure,
  isSupportedVersion,
  ok,
  PROTOCOL_VERSION,
  type Result,
  type Role,
  type RootPayload,
  SessionId,
} from '@talus/protocol'
import { authorise, roleNow } from '../auth/access.js'
import { actorOf, type Caller, type Visitor } from '../auth/identity.js'
import { SHARED, type SharedField } from '../broadcast/frames.js'
import { refusal, sessionNotFound } from '../errors.js'
import type { Allowance } from '../limits/socket-limits.js'
import { chargedFor } from '../limits/accounts.js'
import { EVENT_COSTS } from '../limits/costs.js'
import { SMALL_UNITS } from '../limits/work.js'
import type { LiveSession } from '../session/live-session.js'
import { viewOf } from '../session/role-view.js'
import { SpacedWork } from '../turns.js'
import {
  type Addressed,
  addressedBy,
  commandHandlers,
  hideWithRole,
  splitForJoined,
  updatePresence,
} from './handlers.js'
import { addressOfConnection } from './connections.js'
import {
  allowanceOf,
  authenticateAnew,
  expiryOf,
  openSession,
  originOf,
  roleLost,
  visitorOf,
  watchOf,
  whenReached,
} from './handshake.js'
import { type RootSocket, serve, type SocketServices } from './requests.js'

type JoinPayload = ClientPayload<'join_session'>
type JoinAck = ClientAck<'join_session'>
/** A join that is granted: what was asked, by whom, and what they may do. */
type Entrance = { request: JoinPayload; joiner: Visitor; caller: Caller }

/** The right to be sent what was missed. `isLarge`: entering takes many milliseconds in one piece. */
type Missed = { isLarge: boolean; release: () => void }

const NOTHING_LARGE: Missed = { isLarge: false, release: () => undefined }

/**
 * In a storm of joins others have a turn between two of these. The loop is that of the process. When 200
 * clients that each missed 1 MB joined four sessions of 10,000 nodes at once, the p99 of a client in
 * another session was 7.1 s without it, and 0.49 s with it (busy machine, two cores).
 */
const largeJoins = new SpacedWork(0.5)

/** Of those so many wait: some seconds' worth. */
const MOST_LARGE = 1_000

const TOO_MANY_JOINS: Failure = {
  code: 'OVERLOADED',
  message: 'Too many clients are joining; try again later',
  details: [
    { path: '', expected: `at most ${MOST_LARGE} joins that wait`, hint: 'try again later' },
  ],
  retry_after_ms: 1_000,
}

/** What a joiner is told; the entries are in bytes that it shares with others. */
type Joined = RootPayload<'joined'> & { [SHARED]?: SharedField }

type LeaveAck = ClientAck<'leave_session'>

const MISSING_SESSION: Failure = {
  code: 'BAD_REQUEST',
  message: 'Missing session_id',
  details: [{ path: '/session_id', expected: 'a session id: 1 to 128 of A-Z a-z 0-9 . _ : -' }],
}

function sessionIdOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { session_id } = payload as { session_id?: unknown }
  const checked = check(SessionId, session_id)
  return checked.ok ? checked.value : undefined
}

function unsupported(version: string): Failure {
  return {
    code: 'BAD_REQUEST',
    message: `This server speaks protocol ${PROTOCOL_VERSION}; the client speaks ${version}. Install a matching client.`,
    details: [{ path: '/protocol_version', expected: PROTOCOL_VERSION, actual: version }],
  }
}

/** In development, who a client is may differ from session to session (rule ACT1). */
function claiming(visitor: Visitor, actor: Actor): Visitor {
  return { ...visitor, identity: { ...visitor.identity, actor } }
}

const NOT_JOINED = fail('FORBIDDEN', 'Join the session first', [
  { path: '/session_id', expected: 'the id of a session that this client has joined' },
]).error

const CONNECTED = 'session:connected'
const DISCONNECTED = 'session:disconnected'

/** Why a connection ends that a client may be about to open again. */
const LOST: ReadonlySet<string> = new Set(['transport close', 'transport error', 'ping timeout'])

/** For how many milliseconds its place is kept (rule JOIN8). */
const LINGER_MS = 3_000

/** What the names of everybody may take in `joined`, in characters. */
const PARTICIPANTS_CHARS = 16_384

/** A socket in a session: who it is there, and what it was told that it may do. */
type Place = {
  visitor: Visitor
  role: Role | null
  /** Whether it follows so that it can go on where it was, over another connection. */
  mayReturn: boolean
  /** Whether it counts among those of its user. */
  isCounted: boolean
  /** Calls off the look at its role that is due when its share link ends. */
  callOff: () => void
}

/** One socket on `/`: the sessions that it is in, and what it may ask. */
class RootClient {
  readonly #socket: RootSocket
  readonly #services: SocketServices
  readonly #connection
  readonly #user: Allowance
  #visitor: Visitor
  /** The sessions that this socket is in, with who it is there. */
  readonly #joined = new Map<string, Place>()
  /** Ends when the joins that came in so far are answered. */
  #joining: Promise<unknown> | undefined

  constructor(socket: RootSocket, services: SocketServices) {
    this.#socket = socket
    this.#services = services
    this.#connection = services.outbox.adopt(socket)
    this.#visitor = visitorOf(socket)
    this.#user = allowanceOf(socket)
  }

  listen(): void {
    const { dispatcher } = this.#services
    serve(
      this.#socket,
      {
        ping: () => {
          this.#socket.emit('pong')
        },
        authenticate: (payload) => this.#authenticate(payload),
        join_session: (payload) => this.#join(payload),
        leave_session: (payload) => this.#afterJoins(() => this.#leave(payload)),
        update_presence: (payload) => this.#afterJoins(() => this.#updatePresence(payload)),
        ...commandHandlers(dispatcher, '/', (payload) =>
          this.#afterJoins(() => this.#addressed(payload)),
        ),
      },
      watchOf(this.#socket, this.#connection, this.#services),
    )
    const { hub, access } = this.#services
    const { id: actor_id } = this.#visitor.identity.actor
    if (access.authenticated) hub.connect(actor_id, this.#socket.id, this.#connection)
    this.#socket.on('disconnect', (reason) => {
      hub.disconnect(actor_id, this.#socket.id)
      for (const [session_id, { mayReturn }] of this.#joined) {
        if (mayReturn && LOST.has(reason)) this.#linger(session_id)
        else this.#depart(session_id)
      }
    })
  }

  async #authenticate(payload: unknown): Promise<ClientAck<'authenticate'>> {
    const checked = check(CLIENT_EVENTS.authenticate.payload, payload)
    if (!checked.ok) return refusal(checked.error)
    const renewed = await authenticateAnew(this.#socket, checked.value.token, this.#services)
    if (!renewed.ok) return refusal(renewed.error)
    // The new token may give another role than the one before.
    await Promise.all([...this.#joined.keys()].map((session_id) => this.#review(session_id)))
    const { actor } = renewed.value.identity
    return { ok: true, actor, ...expiryOf(renewed.value, this.#services.clock) }
  }

  #caller(payload: unknown): Caller | Promise<Caller> {
    const { access } = this.#services
    const session_id = sessionIdOf(payload)
    if (session_id === undefined) return access.caller(this.#visitor)
    const joined = this.#joined.get(session_id)?.visitor
    if (joined || !access.authenticated) {
      return access.callerIn(joined ?? this.#visitor, session_id)
    }
    return { actor: this.#visitor.identity.actor, role: null, refusal: NOT_JOINED }
  }

  #addressed(payload: unknown): Addressed | Promise<Addressed> {
    return addressedBy(this.#caller(payload), payload)
  }

  /** Who joins: in development whom it claims to be, else with the share link that it presents. */
  async #joiner({ session_id, actor, share_token }: JoinPayload): Promise<Visitor> {
    const { access, authenticator } = this.#services
    if (!access.authenticated) {
      return actor === undefined ? this.#visitor : claiming(this.#visitor, actorOf(actor))
    }
    const grant = share_token === undefined ? undefined : await authenticator.redeem(share_token)
    if (grant?.session_id === session_id) {
      const now = this.#services.clock()
      const holding = [...this.#visitor.grants].filter(
        ([, { expires_at = Infinity }]) => expires_at > now,
      )
      const grants = new Map(holding).set(session_id, grant)
      this.#visitor = { ...this.#visitor, grants }
    }
    return this.#visitor
  }

  /** A client need not wait for `joined` before it goes on: what it sends next comes after. */
  #afterJoins<T>(work: () => T | Promise<T>): T | Promise<T> {
    return this.#joining ? this.#joining.then(work, work) : work()
  }

  #join(payload: unknown): Promise<JoinAck> {
    const joining = Promise.resolve(this.#afterJoins(() => this.#tryJoin(payload)))
    this.#joining = joining
    return joining.finally(() => {
      if (this.#joining === joining) this.#joining = undefined
    })
  }

  async #tryJoin(payload: unknown): Promise<JoinAck> {
    if (sessionIdOf(payload) === undefined) return refusal(MISSING_SESSION)
    const { requires, payload: schema } = CLIENT_EVENTS.join_session
    const checked = check(schema, payload)
    if (!checked.ok) return refusal(checked.error)
    const request = checked.value
    const { session_id, protocol_version } = request
    if (protocol_version !== undefined && !isSupportedVersion(protocol_version)) {
      return refusal(unsupported(protocol_version))
    }
    const { access } = this.#services
    const joiner = await this.#joiner(request)
    const early = await access.callerIn(joiner, session_id)
    const admitted = authorise(early, requires)
    if (!admitted.ok) return refusal(admitted.error)
    const limited = this.#countJoin(request, joiner)
    if (limited) return refusal(limited)
    const session = await openSession(this.#services, session_id, this.#socket)
    if (!session.ok) return refusal(session.error)
    const entrance = { request, joiner, caller: early }
    const permit = await this.#admitMissed(session.value, entrance)
    if (!permit.ok) return refusal(permit.error)
    try {
      await this.#recollect(session.value, entrance)
      const enter = () => this.#joinNow(session.value, { request, joiner, payload })
      if (!permit.value.isLarge) return await enter()
      return await largeJoins.run(async () => {
        const { last_seq } = request
        const view = viewOf(early, session.value)
        if (last_seq !== undefined) await session.value.tail.prepare(last_seq, view)
        return enter()
      })
    } finally {
      permit.value.release()
    }
  }

  /** Asks for the right to be sent what was missed, which may be much (rule LIM16). */
  async #admitMissed(
    session: LiveSession,
    { request: { stream, last_seq = Infinity }, joiner: { identity } }: Entrance,
  ): Promise<Result<Missed>> {
    const missed = session.seq - last_seq
    if (stream !== 'changes' || missed <= 0) return ok(NOTHING_LARGE)
    const { access, sessions, work } = this.#services
    const { session_id } = session.record
    // Known from the beginning: a socket that has gone has no address any longer.
    const address = addressOfConnection(this.#socket.conn)
    const user = chargedFor({ identity, authenticated: access.authenticated, address })
    const { units } = EVENT_COSTS.join_session
    const extent = sessions.extentOf(session)
    const inMemory = session.tail.bytesAfter(last_seq)
    const entryChars = inMemory === undefined ? extent.entryChars : inMemory / missed
    const cost = units?.({ ...extent, entryChars }, { limit: missed }) ?? 0
    const isLarge = cost > SMALL_UNITS
    // A crowd that comes back at once has missed the same entries: they are made into bytes once.
    if (inMemory !== undefined) {
      if (isLarge && largeJoins.waiting >= MOST_LARGE) return { ok: false, error: TOO_MANY_JOINS }
      // Before it waits: those of one user would keep everybody else waiting for many seconds.
      const error =
        this.#services.joinLimits.takeBytes(this.#user, inMemory) ??
        work.charge({ user, session_id, units: cost })
      return error ? { ok: false, error } : ok({ ...NOTHING_LARGE, isLarge })
    }
    const gone = new AbortController()
    const leave = () => gone.abort()
    this.#socket.once('disconnect', leave)
    const admitted = await work.admit({ user, session_id, units: cost }, gone.signal)
    const release = () => {
      this.#socket.off('disconnect', leave)
      if (admitted.ok) admitted.value.release()
    }
    if (admitted.ok) return ok({ isLarge, release })
    release()
    return admitted
  }

  /** Joins in one step, unless things have changed while it waited. */
  async #joinNow(
    session: LiveSession,
    { request, joiner, payload }: Omit<Entrance, 'caller'> & { payload: unknown },
  ): Promise<JoinAck> {
    const { session_id } = request
    // Deleted while entries were read: the id is free again.
    if (session.isRetired) return this.#tryJoin(payload)
    // The role may have gone meanwhile; from here on a review would find the member.
    const caller = await this.#services.access.callerIn(joiner, session_id)
    const authorised = authorise(caller, CLIENT_EVENTS.join_session.requires)
    if (!authorised.ok) return refusal(authorised.error)
    const answer = this.#enter(session, { request, joiner, caller })
    // It may have gone in the very turn in which it was asked for.
    void this.#review(session_id)
    return answer
  }

  #countJoin({ session_id, replaces }: JoinPayload, joiner: Visitor): Failure | undefined {
    const { hub, presence, joinLimits } = this.#services
    const as = { client_id: this.#socket.id, origin: originOf(this.#socket, joiner) }
    const lost = hub.lost(session_id, replaces, as)
    return joinLimits.take({
      session_id,
      user: this.#user,
      joined: this.#joined.size,
      isMember: this.#joined.has(session_id) || lost !== undefined,
      clients: hub.count(session_id),
      presenceBytes: presence.bytesOf(session_id),
    })
  }

  /** Has what the client missed in memory, so that entering can be one step. */
  async #recollect(session: LiveSession, { request, caller }: Entrance): Promise<void> {
    const known = epochOf(session.record.epoch, viewOf(caller, session))
    const { stream, last_seq, epoch = known } = request
    if (stream !== 'changes' || last_seq === undefined || epoch !== known) return
    await session.tail.recollect(last_seq)
  }

  /** Membership and the answer are one step: no entry is missed or sent twice (rule SYNC1). */
  #enter(session: LiveSession, { request, joiner, caller }: Entrance): JoinAck {
    const { session_id, stream = 'events' } = request
    const { access, hub, presence } = this.#services
    const client_id = this.#socket.id
    const view = viewOf(caller, session)
    const { actor, role } = caller
    const member = {
      client_id,
      actor,
      origin: originOf(this.#socket, joiner),
      following: stream,
      connection: this.#connection,
      role: () => roleNow(access, joiner, session_id),
      onSessionDeleted: () => this.#dropped(session_id),
      onReplaced: () => this.#leaveRoom(session_id),
      review: () => this.#review(session_id),
    }
    const lost = hub.lost(session_id, request.replaces, member)
    if (lost) {
      presence.move(session_id, lost.client_id, { client_id, actor, user: this.#user })
      lost.onReplaced()
    }
    const isNew = this.#socket.connected && hub.join(session_id, member, view)
    const before = this.#joined.get(session_id)
    if (before) before.callOff()
    else this.#user.memberships += 1
    const mayReturn = stream === 'changes'
    const timing = { ...this.#services, socket: this.#socket }
    const callOff = whenReached(joiner.grants.get(session_id)?.expires_at, timing, () => {
      void this.#review(session_id)
    })
    this.#joined.set(session_id, { visitor: joiner, role, mayReturn, isCounted: true, callOff })
    const { fitting, rest } = splitForJoined(presence.everybody(session_id))
    const as = role === null ? { actor } : { actor, role }
    const { guest_token } = joiner
    const again = guest_token === undefined ? {} : { guest_token }
    const joined = {
      ...this.#joinedPayload(session, request, view),
      ...as,
      ...again,
      ...expiryOf(joiner, this.#services.clock),
      ...(mayReturn && { participants: hub.participants(session_id, PARTICIPANTS_CHARS) }),
      presence: fitting,
    }
    this.#socket.emit('joined', joined)
    hub.showPresence(session_id, rest, client_id)
    const missed = joined[SHARED] ? session.seq - (request.last_seq ?? 0) : 0
    this.#services.joinLimits.chargeEntries(this.#user, missed)
    const replaced = lost && { replaces: lost.client_id }
    if (isNew) hub.announce(session_id, { event: CONNECTED, client_id, actor, ...replaced })
    if (lost) hub.announce(session_id, { event: DISCONNECTED, client_id: lost.client_id })
    return { ok: true, ...joined }
  }

  #joinedPayload(session: LiveSession, request: JoinPayload, view: RoleView | null): Joined {
    const { session_id } = session.record
    const epoch = epochOf(session.record.epoch, view)
    const joined: Joined = {
      session_id,
      client_id: this.#socket.id,
      active_clients: this.#services.hub.count(session_id),
      seq: session.seq,
      epoch,
      protocol_version: PROTOCOL_VERSION,
      contract_hash: this.#services.contractHash,
    }
    if (request.stream !== 'changes' || request.last_seq === undefined) return joined
    const sameHistory = request.epoch === undefined || request.epoch === epoch
    const rest = sameHistory ? session.tail.entriesAfter(request.last_seq, view) : undefined
    if (!rest) return { ...joined, snapshot_required: true }
    return { ...joined, [SHARED]: { start: '"entries":[', rest } }
  }

  async #updatePresence(payload: unknown): Promise<ClientAck<'update_presence'>> {
    const caller = await this.#caller(payload)
    const client_id = this.#socket.id
    return updatePresence(this.#services, { client_id, caller, payload, user: this.#user })
  }

  #leave(payload: unknown): LeaveAck {
    const session_id = sessionIdOf(payload)
    if (session_id === undefined) return refusal(MISSING_SESSION)
    const left = { session_id, client_id: this.#socket.id }
    this.#socket.emit('left', left)
    this.#depart(session_id)
    return { ok: true, ...left }
  }

  #forget(session_id: string): void {
    this.#uncount(session_id)
    this.#joined.get(session_id)?.callOff()
    this.#joined.delete(session_id)
  }

  #uncount(session_id: string): void {
    const place = this.#joined.get(session_id)
    if (!place?.isCounted) return
    place.isCounted = false
    this.#user.memberships -= 1
  }

  /** Keeps the place for a moment: the client may come back for it over another connection. */
  #linger(session_id: string): void {
    this.#uncount(session_id)
    this.#services.after(LINGER_MS, () => this.#depart(session_id))
  }

  /** Whether it was there. */
  #leaveRoom(session_id: string): boolean {
    this.#forget(session_id)
    const { hub, presence } = this.#services
    const wasMember = hub.leave(session_id, this.#socket.id)
    presence.leave(session_id, this.#socket.id)
    return wasMember
  }

  #depart(session_id: string): void {
    const told = { event: DISCONNECTED, client_id: this.#socket.id } as const
    if (this.#leaveRoom(session_id)) this.#services.hub.announce(session_id, told)
  }

  /** Leaves a session in which this client may no longer be. */
  async #review(session_id: string): Promise<void> {
    const place = this.#joined.get(session_id)
    if (!place) return
    const caller = await this.#services.access.callerIn(place.visitor, session_id)
    if (this.#joined.get(session_id) !== place) return
    this.#tellRole(session_id, place, caller)
    hideWithRole(this.#services.presence, { session_id, client_id: this.#socket.id, caller })
    if (caller.role !== null) return this.#renew(session_id)
    roleLost(this.#services.audit, this.#socket, { session_id, error: caller.refusal })
    this.#socket.emit('error', { ...refusal(caller.refusal).error, session_id })
    this.#depart(session_id)
  }

  /** Tells the client itself what it may do now, whatever made that change (rule AUTH4). */
  #tellRole(session_id: string, place: Place, { role, actor }: Caller): void {
    if (place.role === role) return
    place.role = role
    const event = 'permissions:changed'
    const timestamp = this.#services.now()
    this.#socket.emit(event, { event, session_id, timestamp, actor_id: actor.id, role })
  }

  #renew(session_id: string): void {
    const { sessions, hub } = this.#services
    const session = sessions.peek(session_id)
    if (session) hub.renew(session.context, this.#socket.id)
  }

  #dropped(session_id: string): void {
    this.#forget(session_id)
    this.#services.presence.leave(session_id, this.#socket.id)
    this.#socket.emit('error', { ...refusal(sessionNotFound(session_id)).error, session_id })
  }
}

/** Takes in a socket on `/` (protocol document, section Session Management). */
export function acceptOnRoot(socket: RootSocket, services: SocketServices): void {
  new RootClient(socket, services).listen()
}
