import {
  ActorClaim,
  check,
  type ErrorBody,
  fail,
  type Failure,
  ok,
  type Result,
} from '@talus/protocol'
import type { ExtendedError } from 'socket.io'
import { type Access, EXPIRED } from '../auth/access.js'
import {
  actorOf,
  type Authenticator,
  bearerOf,
  NOBODY,
  renew,
  type Visitor,
} from '../auth/identity.js'
import type { Connection } from '../broadcast/connection.js'
import { POLICY_VIOLATION } from '../broadcast/engine.js'
import type { MemberOrigin } from '../broadcast/fan-out.js'
import type { Outbox } from '../broadcast/outbox.js'
import type { After } from '../clock.js'
import { refusal } from '../errors.js'
import { chargedFor } from '../limits/accounts.js'
import type { Allowance } from '../limits/socket-limits.js'
import {
  actorFacts,
  type Audit,
  type AuditFacts,
  isDenial,
  tokenFault,
} from '../observability/audit.js'
import { concernedBy, flawed, flawIn } from '../payload.js'
import type { LiveSession } from '../session/live-session.js'
import { addressOfConnection, bindActor } from './connections.js'
import type { GraphSocket, RequestWatch, RootSocket, SocketServices } from './requests.js'

type AnyClientSocket = RootSocket | GraphSocket

type OpenServices = Pick<SocketServices, 'access' | 'sessions' | 'quota'>

type Auth = { actor?: unknown; token?: unknown; share_token?: unknown; guest_token?: unknown }

/** Milliseconds for which a connection may be left unread: heartbeats must come through in 20 s. */
const LONGEST_PAUSE_MS = 10_000

/** The longest wait that a timer of Node can be given, in milliseconds. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

const OTHER_USER = fail('FORBIDDEN', 'The token is of somebody else', [
  { path: '/token', expected: 'a token of the user who has opened this connection' },
])

const visitors = new WeakMap<AnyClientSocket, Visitor>()

/** An error that Socket.IO hands to the client's `connect_error`. */
export function connectError(failure: Failure): ExtendedError {
  return Object.assign(new Error(failure.message), { data: refusal(failure).error })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Finds out who is behind a handshake, and remembers it. What is refused is told why. */
export async function identify(
  socket: AnyClientSocket,
  { authenticator }: { authenticator: Authenticator },
): Promise<ExtendedError | undefined> {
  const { auth, headers } = socket.handshake
  const { actor, token, share_token, guest_token } = auth as Auth
  // JSON writes half of a surrogate pair as an escape.
  const flaw = flawIn(JSON.stringify(auth))
  if (flaw) return connectError(flawed(flaw))
  // Most claim nothing, and to describe what is wrong with that takes 60 µs.
  const claim = actor === undefined ? undefined : check(ActorClaim, actor)
  const received = await authenticator.identify({
    token: textOf(token) ?? bearerOf(headers.authorization),
    share_token: textOf(share_token),
    guest_token: textOf(guest_token),
    isRequest: false,
    claimed: actorOf(claim?.ok ? claim.value : undefined),
    address: addressOfConnection(socket.conn),
    headers,
  })
  if (!received.ok) return connectError(received.error)
  visitors.set(socket, received.value)
  bindActor(socket.conn, received.value.identity.actor.id)
  return undefined
}

/** Who is behind a socket that was received. */
export function visitorOf(socket: AnyClientSocket): Visitor {
  return visitors.get(socket) ?? NOBODY
}

/**
 * Whose limits a socket counts for: a user's, or an address's where nobody has proven to be a user.
 * Guests are among the latter, as anybody can be any number of them.
 */
export function allowanceKey(
  socket: AnyClientSocket,
  { authenticated }: Pick<Access, 'authenticated'>,
): string {
  const { identity } = visitorOf(socket)
  return chargedFor({ identity, authenticated, address: addressOfConnection(socket.conn) })
}

const allowances = new WeakMap<AnyClientSocket, Allowance>()

/** Finds what the user of a socket has in use over all sockets; once, and until the socket goes. */
export function openAllowance(
  socket: AnyClientSocket,
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
export function allowanceOf(socket: AnyClientSocket): Allowance {
  const allowance = allowances.get(socket)
  if (!allowance) throw new Error('the socket has not been let in')
  return allowance
}

/** Who is behind a socket, and where it comes from, for the audit log. */
function factsOf(socket: AnyClientSocket): AuditFacts {
  const visitor = visitors.get(socket)
  return {
    door: socket.nsp.name === '/graph' ? '/graph' : '/',
    ...(visitor ? actorFacts(visitor.identity) : {}),
    address: addressOfConnection(socket.conn),
    client_id: socket.id,
  }
}

/** The same for those who keep account of a session's clients. */
export function originOf(socket: AnyClientSocket, { identity }: Visitor): MemberOrigin {
  const namespace = socket.nsp.name === '/graph' ? '/graph' : '/'
  return { namespace, ...actorFacts(identity), address: addressOfConnection(socket.conn) }
}

/** The session that a socket asks for; in development an unknown one is created (rule JOIN2). */
export async function openSession(
  { access, sessions, quota }: OpenServices,
  session_id: string,
  { conn }: Pick<AnyClientSocket, 'conn'>,
): Promise<Result<LiveSession>> {
  const found = await sessions.get(session_id)
  if (found.ok || access.authenticated || found.error.code !== 'SESSION_NOT_FOUND') return found
  const error = quota.fromAddress(addressOfConnection(conn))
  return error ? { ok: false, error } : sessions.createOpen(session_id)
}

type Timing = { after: After; clock: () => number }

const nothing = (): void => undefined

/**
 * Does something at a time, in milliseconds since 1970, unless the socket has gone by then; never
 * when there is no time. Gives what calls it off: until then it holds a timer and a listener.
 */
export function whenReached(
  time: number | undefined,
  { socket, after, clock }: Timing & { socket: AnyClientSocket },
  work: () => void,
): () => void {
  if (time === undefined || socket.disconnected) return nothing
  // A token may hold for weeks; a timer must not keep the socket for as long.
  const gone = new AbortController()
  // The union of the two socket types has no common call signature; the event is the same.
  const events = socket as RootSocket
  const callOff = () => {
    events.off('disconnect', callOff)
    gone.abort()
  }
  events.once('disconnect', callOff)
  const wait = () => {
    const left = Math.max(0, time - clock())
    const wake = () => {
      if (gone.signal.aborted) return
      if (left > LONGEST_WAIT_MS) return wait()
      callOff()
      work()
    }
    after(Math.min(left, LONGEST_WAIT_MS), wake, gone.signal)
  }
  wait()
  return callOff
}

/** What calls off the end of a connection at the time that its last proof said. */
const endings = new WeakMap<AnyClientSocket, () => void>()

/** Ends the connection when the proof of identity ends, unless there is another one by then. */
export function endWhenExpired(
  socket: AnyClientSocket,
  timing: Timing & { outbox: Pick<Outbox, 'flush'>; audit: Audit },
): void {
  endings.get(socket)?.()
  const callOff = whenReached(visitorOf(socket).identity.expires_at, { ...timing, socket }, () => {
    timing.audit.denied('connection.expired', 'UNAUTHORIZED', factsOf(socket))
    // The union of the two socket types has no common call signature; the event is the same.
    ;(socket as RootSocket).emit('error', refusal(EXPIRED).error)
    timing.outbox.flush()
    socket.disconnect(true)
  })
  endings.set(socket, callOff)
}

/**
 * Takes the next token of whoever is behind a socket (rule AUTH13). Errors: UNAUTHORIZED, with what
 * is wrong with it; FORBIDDEN, it is not the same user's; those of the issuer's keys.
 */
export async function authenticateAnew(
  socket: RootSocket,
  token: string,
  {
    authenticator,
    ...timing
  }: Parameters<typeof endWhenExpired>[1] & { authenticator: Authenticator },
): Promise<Result<Visitor>> {
  const visitor = visitorOf(socket)
  if (visitor.identity.guest) return OTHER_USER
  const received = await authenticator.identify({
    token,
    share_token: undefined,
    guest_token: undefined,
    isRequest: false,
    claimed: visitor.identity.actor,
    address: addressOfConnection(socket.conn),
    headers: socket.handshake.headers,
  })
  if (!received.ok) return received
  const before = visitor.identity.expires_at
  if (!renew(visitor, received.value.identity)) return OTHER_USER
  if (visitor.identity.expires_at !== before) endWhenExpired(socket, timing)
  return ok(visitor)
}

/** How long the proof of an identity holds from now on; nothing when it does not end. */
export function expiryOf({ identity }: Visitor, clock: () => number): { expires_in_ms?: number } {
  const { expires_at } = identity
  return expires_at === undefined ? {} : { expires_in_ms: Math.max(0, expires_at - clock()) }
}

/** A page of another origin tried to connect. */
export function originDenied(audit: Audit, address: string | undefined): void {
  audit.denied('origin.denied', 'FORBIDDEN', { door: '/', address })
}

/** A handshake was refused; only refusals that say who may come in are accounted for. */
export function connectionDenied(
  audit: Audit,
  socket: AnyClientSocket,
  refused: ExtendedError,
): void {
  const error = refused.data as ErrorBody
  const { code } = error
  if (!isDenial(code)) return
  const { session_id } = concernedBy(socket.handshake.auth)
  audit.denied('connection.denied', code, {
    ...factsOf(socket),
    ...tokenFault(error),
    session_id,
  })
}

/** Somebody is in a session no longer, because there is no role any more. */
export function roleLost(
  audit: Audit,
  socket: AnyClientSocket,
  { session_id, error }: { session_id: string; error: Failure },
): void {
  audit.denied('role.lost', error.code, { ...factsOf(socket), session_id })
}

type WatchServices = Pick<SocketServices, 'audit' | 'faults' | 'newMeter' | 'letGo'>

/** What is to be told of the requests of a socket, and what becomes of those that are too many. */
export function watchOf(
  socket: AnyClientSocket,
  connection: Connection,
  { audit, faults, newMeter, letGo }: WatchServices,
): RequestWatch {
  return {
    faults,
    meter: newMeter(allowanceOf(socket)),
    connection,
    onFlood() {
      letGo('flood', { client_id: socket.id })
      connection.end(POLICY_VIOLATION, 'Too many messages')
    },
    onRefused(asked, error, payload) {
      const { code } = error
      if (!isDenial(code)) return
      const { session_id } = { ...concernedBy(socket.handshake.auth), ...concernedBy(payload) }
      audit.denied('request.denied', code, {
        ...factsOf(socket),
        ...tokenFault(error),
        session_id,
        asked,
      })
    },
  }
}
