import { ActorClaim, check, type Failure, type Result } from '@talus/protocol'
import type { ExtendedError } from 'socket.io'
import type { Origin } from '../../broadcast/member.js'
import type { Outbox } from '../../broadcast/outbox.js'
import { refusal } from '../../dispatch/failures.js'
import { EXPIRED, type Access } from '../../gate/access.js'
import { actorFacts, type Audit, type AuditFacts } from '../../gate/audit.js'
import { actorOf } from '../../gate/caller.js'
import type { Visitor } from '../../gate/identity.js'
import { bearerOf, NOBODY, type Reception } from '../../gate/reception.js'
import type { Allowance } from '../../limits/allowances.js'
import { chargedFor } from '../../limits/charged.js'
import type { After } from '../../presence/beat.js'
import type { LiveSession } from '../../sessions/live-session.js'
import { addressOfConnection } from './connections.js'
import { bindActor } from './polling-binding.js'
import type { GraphSocket, RootSocket } from './requests.js'
import type { SocketServices } from './services.js'

type AnySocket = RootSocket | GraphSocket

type OpenServices = Pick<SocketServices, 'access' | 'sessions' | 'quota'>

type Auth = { actor?: unknown; token?: unknown; share_token?: unknown; guest_token?: unknown }

/** Milliseconds for which a connection may be left unread: heartbeats must come through in 20 s. */
const LONGEST_PAUSE_MS = 10_000

/** The longest wait that a timer of Node can be given, in milliseconds. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

const visitors = new WeakMap<AnySocket, Visitor>()

/** An error that Socket.IO hands to the client's `connect_error`. */
export function connectError(failure: Failure): ExtendedError {
  return Object.assign(new Error(failure.message), { data: refusal(failure).error })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Finds out who is behind a handshake, and remembers it. What is refused is told why. */
export async function receive(
  socket: AnySocket,
  { reception }: { reception: Reception },
): Promise<ExtendedError | undefined> {
  const { auth, headers } = socket.handshake
  const { actor, token, share_token, guest_token } = auth as Auth
  const claim = check(ActorClaim, actor)
  const received = await reception.receive({
    token: textOf(token) ?? bearerOf(headers.authorization),
    share_token: textOf(share_token),
    guest_token: textOf(guest_token),
    isRequest: false,
    claimed: actorOf(claim.ok ? claim.value : undefined),
    address: addressOfConnection(socket.conn),
    headers,
  })
  if (!received.ok) return connectError(received.error)
  visitors.set(socket, received.value)
  bindActor(socket.conn, received.value.identity.actor.id)
  return undefined
}

/** Who is behind a socket that was received. */
export function visitorOf(socket: AnySocket): Visitor {
  return visitors.get(socket) ?? NOBODY
}

/**
 * Whose limits a socket counts for: a user's, or an address's where nobody has proven to be a user.
 * Guests are among the latter, as anybody can be any number of them.
 */
export function allowanceKey(
  socket: AnySocket,
  { authenticated }: Pick<Access, 'authenticated'>,
): string {
  const { identity } = visitorOf(socket)
  return chargedFor({ identity, authenticated, address: addressOfConnection(socket.conn) })
}

const allowances = new WeakMap<AnySocket, Allowance>()

/** Finds what the user of a socket has in use over all sockets; once, and until the socket goes. */
export function openAllowance(
  socket: AnySocket,
  services: Pick<SocketServices, 'access' | 'allowances' | 'outbox' | 'userBytes' | 'elapsed'>,
): void {
  const key = allowanceKey(socket, services.access)
  const allowance = services.allowances.open(key)
  allowances.set(socket, allowance)
  const { outbox, userBytes, elapsed } = services
  outbox.watch(socket.conn).admit({
    key,
    charge: (cost) =>
      userBytes.perSecond === Infinity
        ? 0
        : allowance.bytes.owe(userBytes, elapsed(), { cost, most: LONGEST_PAUSE_MS }),
  })
  // The union of the two socket types has no common call signature; the event is the same.
  ;(socket as RootSocket).once('disconnect', () => services.allowances.release(allowance))
}

/** What the user of a socket has in use, after `openAllowance`. */
export function allowanceOf(socket: AnySocket): Allowance {
  const allowance = allowances.get(socket)
  if (!allowance) throw new Error('the socket has not been let in')
  return allowance
}

/** Who is behind a socket, and where it comes from, for the audit log. */
export function factsOf(socket: AnySocket): AuditFacts {
  const visitor = visitors.get(socket)
  return {
    door: socket.nsp.name === '/graph' ? '/graph' : '/',
    ...(visitor ? actorFacts(visitor.identity) : {}),
    address: addressOfConnection(socket.conn),
    client_id: socket.id,
  }
}

/** The same for those who keep account of a session's clients. */
export function originOf(socket: AnySocket, { identity }: Visitor): Origin {
  const namespace = socket.nsp.name === '/graph' ? '/graph' : '/'
  return { namespace, ...actorFacts(identity), address: addressOfConnection(socket.conn) }
}

/** The session that a socket asks for; in development an unknown one is created (rule JOIN2). */
export async function openSession(
  { access, sessions, quota }: OpenServices,
  session_id: string,
  { conn }: Pick<AnySocket, 'conn'>,
): Promise<Result<LiveSession>> {
  const found = await sessions.get(session_id)
  if (found.ok || access.authenticated || found.error.code !== 'SESSION_NOT_FOUND') return found
  const error = quota.fromAddress(addressOfConnection(conn))
  return error ? { ok: false, error } : sessions.getOrCreate(session_id)
}

type Timing = { after: After; clock: () => number }

/**
 * Does something at a time, in milliseconds since 1970, unless the socket has gone by then; never
 * when there is no time.
 */
export function whenReached(
  time: number | undefined,
  { socket, after, clock }: Timing & { socket: AnySocket },
  work: () => void,
): void {
  if (time === undefined || socket.disconnected) return
  const left = Math.max(0, time - clock())
  // A token may hold for weeks; a timer must not keep the socket for as long.
  const gone = new AbortController()
  // The union of the two socket types has no common call signature; the event is the same.
  ;(socket as RootSocket).once('disconnect', () => gone.abort())
  const wake = () => {
    if (socket.disconnected) return
    if (left <= LONGEST_WAIT_MS) work()
    else whenReached(time, { socket, after, clock }, work)
  }
  after(Math.min(left, LONGEST_WAIT_MS), wake, gone.signal)
}

/** Ends the connection when the proof of identity ends. */
export function endWhenExpired(
  socket: AnySocket,
  timing: Timing & { outbox: Pick<Outbox, 'flush'>; audit: Audit },
): void {
  whenReached(visitorOf(socket).identity.expires_at, { ...timing, socket }, () => {
    timing.audit.denied('connection.expired', 'UNAUTHORIZED', factsOf(socket))
    // The union of the two socket types has no common call signature; the event is the same.
    ;(socket as RootSocket).emit('error', refusal(EXPIRED).error)
    timing.outbox.flush()
    socket.disconnect(true)
  })
}
