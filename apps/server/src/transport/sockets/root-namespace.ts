import { epochOf, type RoleView } from '@talus/graph'
import {
  check,
  CLIENT_EVENTS,
  fail,
  isSupportedVersion,
  ok,
  PROTOCOL_VERSION,
  SessionId,
  type Actor,
  type ClientAck,
  type ClientPayload,
  type Failure,
  type Result,
  type RootPayload,
} from '@talus/protocol'
import { refusal, sessionNotFound } from '../../dispatch/failures.js'
import { actorOf, type Caller } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import type { Visitor } from '../../gate/identity.js'
import { roleNow } from '../../gate/role-now.js'
import { viewOf } from '../../gate/sight.js'
import { chargedFor } from '../../limits/charged.js'
import type { Permit } from '../../limits/concurrency-limit.js'
import { EVENT_COSTS } from '../../limits/costs.js'
import type { LiveSession } from '../../sessions/live-session.js'
import { addressOfConnection } from './connections.js'
import { addressedBy, commandHandlers, type Addressed } from './commands.js'
import { roleLost, watchOf } from './denials.js'
import { allowanceOf, openSession, originOf, visitorOf, whenReached } from './handshake.js'
import type { Allowance } from '../../limits/allowances.js'
import { splitForJoined, updatePresence } from './presence.js'
import { serve, type RootSocket } from './requests.js'
import type { SocketServices } from './services.js'

type JoinPayload = ClientPayload<'join_session'>
type JoinAck = ClientAck<'join_session'>
/** A join that is granted: what was asked, by whom, and what they may do. */
type Entrance = { request: JoinPayload; joiner: Visitor; caller: Caller }

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

/** One socket on `/`: the sessions that it is in, and what it may ask. */
class RootClient {
  readonly #socket: RootSocket
  readonly #services: SocketServices
  readonly #connection
  readonly #user: Allowance
  #visitor: Visitor
  /** The sessions that this socket is in, with who it is there. */
  readonly #joined = new Map<string, Visitor>()
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
        join_session: (payload) => this.#join(payload),
        leave_session: (payload) => this.#afterJoins(() => this.#leave(payload)),
        update_presence: (payload) => this.#afterJoins(() => this.#updatePresence(payload)),
        ...commandHandlers(dispatcher, (payload) =>
          this.#afterJoins(() => this.#addressed(payload)),
        ),
      },
      watchOf(this.#socket, this.#connection, this.#services),
    )
    this.#socket.on('disconnect', () => {
      for (const session_id of this.#joined.keys()) this.#depart(session_id)
    })
  }

  #caller(payload: unknown): Caller | Promise<Caller> {
    const { access } = this.#services
    const session_id = sessionIdOf(payload)
    if (session_id === undefined) return access.caller(this.#visitor)
    const joined = this.#joined.get(session_id)
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
    const { access, reception } = this.#services
    if (!access.authenticated) {
      return actor === undefined ? this.#visitor : claiming(this.#visitor, actorOf(actor))
    }
    const grant = share_token === undefined ? undefined : await reception.redeem(share_token)
    if (grant?.session_id === session_id) {
      const grants = new Map(this.#visitor.grants).set(session_id, grant)
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
    const limited = this.#countJoin(session_id)
    if (limited) return refusal(limited)
    const session = await openSession(this.#services, session_id, this.#socket)
    if (!session.ok) return refusal(session.error)
    const entrance = { request, joiner, caller: early }
    const permit = await this.#admitMissed(session.value, entrance)
    if (!permit.ok) return refusal(permit.error)
    try {
      await this.#recollect(session.value, entrance)
      return await this.#joinNow(session.value, { request, joiner, payload })
    } finally {
      permit.value.release()
    }
  }

  /** Asks for the right to be sent what was missed, which may be much (rule LIM16). */
  async #admitMissed(
    session: LiveSession,
    { request: { stream, last_seq = Infinity }, joiner: { identity } }: Entrance,
  ): Promise<Result<Pick<Permit, 'release'>>> {
    const missed = session.seq - last_seq
    if (stream !== 'changes' || missed <= 0) return ok({ release: () => undefined })
    const { access, sessions, work } = this.#services
    const { session_id } = session.record
    // Known from the beginning: a socket that has gone has no address any longer.
    const address = addressOfConnection(this.#socket.conn)
    const user = chargedFor({ identity, authenticated: access.authenticated, address })
    const { units } = EVENT_COSTS.join_session
    const cost = units?.(sessions.extentOf(session), { limit: missed }) ?? 0
    const gone = new AbortController()
    const leave = () => gone.abort()
    this.#socket.once('disconnect', leave)
    const admitted = await work.admit({ user, session_id, units: cost }, gone.signal)
    const release = () => {
      this.#socket.off('disconnect', leave)
      if (admitted.ok) admitted.value.release()
    }
    if (admitted.ok) return ok({ release })
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

  #countJoin(session_id: string): Failure | undefined {
    const { hub, presence, joinLimits } = this.#services
    return joinLimits.take({
      session_id,
      user: this.#user,
      joined: this.#joined.size,
      isMember: this.#joined.has(session_id),
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
    const member = {
      client_id,
      origin: originOf(this.#socket, joiner),
      following: stream,
      connection: this.#connection,
      role: () => roleNow(access, joiner, session_id),
      onSessionDeleted: () => this.#dropped(session_id),
      review: () => this.#review(session_id),
    }
    const isNew = this.#socket.connected && hub.join(session_id, member, view)
    if (!this.#joined.has(session_id)) this.#user.memberships += 1
    this.#joined.set(session_id, joiner)
    const timing = { ...this.#services, socket: this.#socket }
    whenReached(joiner.grants.get(session_id)?.expires_at, timing, () => {
      void this.#review(session_id)
    })
    const { fitting, rest } = splitForJoined(presence.everybody(session_id))
    const { actor, role } = caller
    const as = role === null ? { actor } : { actor, role }
    const { guest_token } = joiner
    const again = guest_token === undefined ? {} : { guest_token }
    const joined = {
      ...this.#joinedPayload(session, request, view),
      ...as,
      ...again,
      presence: fitting,
    }
    this.#socket.emit('joined', joined)
    hub.showPresence(session_id, rest, client_id)
    this.#services.joinLimits.chargeEntries(this.#user, joined.entries?.length ?? 0)
    if (isNew) hub.announce('session:connected', session_id, client_id)
    return { ok: true, ...joined }
  }

  #joinedPayload(
    session: LiveSession,
    request: JoinPayload,
    view: RoleView | null,
  ): RootPayload<'joined'> {
    const { session_id } = session.record
    const epoch = epochOf(session.record.epoch, view)
    const joined: RootPayload<'joined'> = {
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
    const entries = sameHistory ? session.tail.entriesAfter(request.last_seq) : undefined
    if (!entries) return { ...joined, snapshot_required: true }
    return { ...joined, entries: view ? entries.map((entry) => view.entry(entry)) : entries }
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
    if (this.#joined.delete(session_id)) this.#user.memberships -= 1
  }

  #depart(session_id: string): void {
    this.#forget(session_id)
    const { hub, presence } = this.#services
    const wasMember = hub.leave(session_id, this.#socket.id)
    presence.leave(session_id, this.#socket.id)
    if (wasMember) hub.announce('session:disconnected', session_id, this.#socket.id)
  }

  /** Leaves a session in which this client may no longer be. */
  async #review(session_id: string): Promise<void> {
    const joined = this.#joined.get(session_id)
    if (!joined) return
    const caller = await this.#services.access.callerIn(joined, session_id)
    if (this.#joined.get(session_id) !== joined) return
    if (caller.role !== null) return this.#renew(session_id)
    roleLost(this.#services.audit, this.#socket, { session_id, error: caller.refusal })
    this.#socket.emit('error', refusal(caller.refusal).error)
    this.#depart(session_id)
  }

  #renew(session_id: string): void {
    const { sessions, hub } = this.#services
    const session = sessions.peek(session_id)
    if (session) hub.renew(session.context, this.#socket.id)
  }

  #dropped(session_id: string): void {
    this.#forget(session_id)
    this.#services.presence.leave(session_id, this.#socket.id)
    this.#socket.emit('error', refusal(sessionNotFound(session_id)).error)
  }
}

/** Takes in a socket on `/` (protocol document, section Session Management). */
export function acceptOnRoot(socket: RootSocket, services: SocketServices): void {
  new RootClient(socket, services).listen()
}
