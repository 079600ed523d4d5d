import { check, fail, type Role, SessionId } from '@talus/protocol'
import type { ExtendedError } from 'socket.io'
import { authorise, roleNow } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { ShownView } from '../broadcast/views.js'
import type { LiveSession } from '../session/live-session.js'
import {
  type Addressed,
  addressedBy,
  commandHandlers,
  hideWithRole,
  updatePresence,
} from './handlers.js'
import {
  allowanceKey,
  allowanceOf,
  connectError,
  openSession,
  originOf,
  roleLost,
  visitorOf,
  watchOf,
  whenReached,
} from './handshake.js'
import { type GraphSocket, serve, type SocketServices } from './requests.js'

type GraphAuth = { session_id?: unknown }

const OTHER_SESSION = fail('FORBIDDEN', 'This connection is in the session of its handshake', [
  { path: '/session_id', expected: 'the session of the handshake, or nothing' },
]).error

/** The session that the handshake names; undefined when it names none. */
function sessionOf(socket: GraphSocket): string | undefined {
  const { session_id } = socket.handshake.auth as GraphAuth
  const checked = check(SessionId, session_id)
  return checked.ok ? checked.value : undefined
}

/** Refuses a handshake without a session; without authentication an unknown one is created. */
export async function admitToGraph(
  socket: GraphSocket,
  services: SocketServices,
): Promise<ExtendedError | undefined> {
  const session_id = sessionOf(socket)
  if (session_id === undefined) {
    return connectError({ code: 'BAD_REQUEST', message: 'Missing session_id' })
  }
  const { access } = services
  const authorised = authorise(await access.callerIn(visitorOf(socket), session_id), 'viewer')
  if (!authorised.ok) return connectError(authorised.error)
  const { allowances, hub, presence, joinLimits } = services
  const limited = joinLimits.take({
    session_id,
    user: allowances.peek(allowanceKey(socket, access)),
    joined: 0,
    isMember: false,
    clients: hub.count(session_id),
    presenceBytes: presence.bytesOf(session_id),
  })
  if (limited) return connectError(limited)
  const session = await openSession(services, session_id, socket)
  return session.ok ? undefined : connectError(session.error)
}

/**
 * How the last socket of a connection leaves. Two handshakes in a row make two sockets, as Socket.IO
 * sees no first one while it is being admitted; the client knows of one only (rule JOIN4).
 */
const departures = new WeakMap<GraphSocket['conn'], () => void>()

/** How whoever enters with a role is shown the session. */
function viewAt(session: LiveSession | undefined, role: Role | undefined): ShownView {
  if (!session?.rules) return null
  return role && session.rules.viewOf(role)
}

/** Takes in a socket on `/graph`: it is in the session of its handshake, until it goes. */
export function acceptOnGraph(socket: GraphSocket, services: SocketServices): void {
  const session_id = sessionOf(socket)
  if (session_id === undefined) return
  const { access, sessions, hub, presence, outbox, dispatcher, audit } = services
  const connection = outbox.adopt(socket)
  const user = allowanceOf(socket)
  user.memberships += 1
  socket.once('disconnect', () => {
    user.memberships -= 1
  })
  const visitor = visitorOf(socket)
  const callerOf = (payload: unknown): Caller | Promise<Caller> => {
    const named = (payload as { session_id?: unknown } | null | undefined)?.session_id
    if (!access.authenticated || named === session_id) return access.callerIn(visitor, session_id)
    return { actor: visitor.identity.actor, role: null, refusal: OTHER_SESSION }
  }
  const address = (sent: unknown): Addressed | Promise<Addressed> => {
    const payload = addressed(sent, session_id)
    return addressedBy(callerOf(payload), payload)
  }
  serve(
    socket,
    {
      ping: () => {
        socket.emit('pong')
      },
      update_presence: async (payload) =>
        updatePresence(services, { client_id: socket.id, user, ...(await address(payload)) }),
      ...commandHandlers(dispatcher, '/graph', address),
    },
    watchOf(socket, connection, services),
  )
  const depart = () => {
    const wasMember = hub.leave(session_id, socket.id)
    presence.leave(session_id, socket.id)
    if (wasMember) hub.announce(session_id, { event: 'session:disconnected', client_id: socket.id })
  }
  const role = () => roleNow(access, visitor, session_id)
  const review = async () => {
    const caller = await access.callerIn(visitor, session_id)
    if (socket.disconnected) return
    hideWithRole(presence, { session_id, client_id: socket.id, caller })
    if (caller.role !== null) {
      const session = sessions.peek(session_id)
      if (session) hub.renew(session.context, socket.id)
      return
    }
    roleLost(audit, socket, { session_id, error: caller.refusal })
    // What was said before is queued; a goodbye would overtake it.
    outbox.flush()
    socket.disconnect()
  }
  departures.get(socket.conn)?.()
  departures.set(socket.conn, depart)
  const member = {
    client_id: socket.id,
    actor: visitor.identity.actor,
    origin: originOf(socket, visitor),
    following: 'graph',
    connection,
    role,
    onSessionDeleted: () => socket.disconnect(),
    // Nobody can: the handshake names no connection before.
    onReplaced: () => {},
    review,
  } as const
  hub.join(session_id, member, viewAt(sessions.peek(session_id), role()))
  const { actor } = visitor.identity
  hub.announce(session_id, { event: 'session:connected', client_id: socket.id, actor })
  const { guest_token } = visitor
  if (guest_token !== undefined) {
    socket.emit('session:guest', { session_id, timestamp: services.now(), actor, guest_token })
  }
  hub.showPresence(session_id, presence.everybody(session_id), socket.id)
  socket.on('disconnect', depart)
  // The role may have gone between the handshake and now.
  void review()
  whenReached(
    visitor.grants.get(session_id)?.expires_at,
    { ...services, socket },
    () => void review(),
  )
}

/** A payload without a session means the one of the handshake. */
function addressed(payload: unknown, session_id: string): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  return { session_id, ...payload }
}
