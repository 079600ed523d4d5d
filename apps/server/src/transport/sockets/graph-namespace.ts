import { ActorClaim, check, SessionId } from '@talus/protocol'
import type { ExtendedError } from 'socket.io'
import { refusal } from '../../dispatch/failures.js'
import { actorOf, type Caller } from '../../gate/caller.js'
import { commandHandlers } from './commands.js'
import { updatePresence } from './presence.js'
import { serve, type GraphSocket } from './requests.js'
import type { SocketServices } from './services.js'

type Auth = { session_id?: unknown; actor?: unknown }

/** The session that the handshake names; undefined when it names none. */
function sessionOf(socket: GraphSocket): string | undefined {
  const { session_id } = socket.handshake.auth as Auth
  const checked = check(SessionId, session_id)
  return checked.ok ? checked.value : undefined
}

/** An error that Socket.IO hands to the client's `connect_error`. */
export function connectError(failure: Parameters<typeof refusal>[0]): ExtendedError {
  return Object.assign(new Error(failure.message), { data: refusal(failure).error })
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
  const session = await services.sessions.getOrCreate(session_id)
  return session.ok ? undefined : connectError(session.error)
}

/**
 * How the last socket of a connection leaves. Two handshakes in a row make two sockets, as Socket.IO
 * sees no first one while it is being admitted; the client knows of one only (rule JOIN4).
 */
const departures = new WeakMap<GraphSocket['conn'], () => void>()

/** Takes in a socket on `/graph`: it is in the session of its handshake, until it goes. */
export function acceptOnGraph(socket: GraphSocket, services: SocketServices): void {
  const session_id = sessionOf(socket)
  if (session_id === undefined) return
  const { hub, presence, outbox, dispatcher, log } = services
  const claim = check(ActorClaim, (socket.handshake.auth as Auth).actor)
  const caller: Caller = { actor: actorOf(claim.ok ? claim.value : undefined), role: 'owner' }
  const address = (payload: unknown) => ({ caller, payload: addressed(payload, session_id) })
  serve(
    socket,
    {
      ping: () => {
        socket.emit('pong')
      },
      update_presence: (payload) =>
        updatePresence(services, { client_id: socket.id, ...address(payload) }),
      ...commandHandlers(dispatcher, address),
    },
    log,
  )
  const depart = () => {
    const wasMember = hub.leave(session_id, socket.id)
    presence.leave(session_id, socket.id)
    if (wasMember) hub.announce('session:disconnected', session_id, socket.id)
  }
  departures.get(socket.conn)?.()
  departures.set(socket.conn, depart)
  hub.join(session_id, {
    client_id: socket.id,
    following: 'graph',
    connection: outbox.adopt(socket),
    onSessionDeleted: () => socket.disconnect(),
  })
  hub.announce('session:connected', session_id, socket.id)
  hub.showPresence(session_id, presence.everybody(session_id), socket.id)
  socket.on('disconnect', depart)
}

/** A payload without a session means the one of the handshake. */
function addressed(payload: unknown, session_id: string): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  return { session_id, ...payload }
}
