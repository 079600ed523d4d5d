import type { RoleView } from '@talus/graph'
import { fail, type Moment, ok, type Result, type RouteName, ROUTES } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { authorise } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { Hub } from '../broadcast/hub.js'
import type { After } from '../clock.js'
import { sessionNotFound } from '../errors.js'
import type { Permit } from '../limits/concurrency.js'
import { ROUTE_COSTS } from '../limits/costs.js'
import type { Dispatcher } from '../session/dispatcher.js'
import type { HistoryReader } from '../session/history.js'
import type { LiveSession } from '../session/live-session.js'
import { viewOf } from '../session/role-view.js'
import type { SessionStore } from '../session/store.js'
import { callerOf, chargedBy, type NamedParts, textIn } from './request.js'
import { mount, RawJson, requiredSession, type RouteHandler, type RouteRequest } from './route.js'

/** A read of a session that has been admitted. */
type SessionRead<Name extends RouteName> = RouteRequest<Name> & {
  session: LiveSession
  permit: Permit
}

type ReadAnswer<Name extends RouteName> = Awaited<ReturnType<RouteHandler<Name>>>

type RouteReader<Name extends RouteName> = {
  /** Answers by itself what the client has already, before anything is read; true when it did. */
  isKnown?: (asked: RouteRequest<Name> & { session: LiveSession }) => boolean
  read: (read: SessionRead<Name>) => Promise<ReadAnswer<Name>> | ReadAnswer<Name>
  /** Bytes of the body, where an ordinary message is more than it needs. */
  bodyLimit?: number
}

type ReadServices = Pick<RestServices, 'sessions' | 'after'>

const GONE = fail('OVERLOADED', 'The client has gone')

function isStream(answer: ReadAnswer<RouteName>): boolean {
  return answer?.ok === true && answer.value instanceof RawJson && !answer.value.isWhole
}

/** Releases the permit when the work has ended, or leaves it to the stream that it gave. */
export async function holding<Given extends ReadAnswer<RouteName>>(
  permit: Permit,
  work: () => Promise<Given>,
): Promise<Given | typeof GONE> {
  let isHeld = false
  try {
    const answer = await work()
    isHeld = isStream(answer)
    return answer
  } catch (err) {
    if (permit.gone.aborted) return GONE
    throw err
  } finally {
    if (!isHeld) permit.release()
  }
}

/** Who asks, by the roles of this moment: asked again after every wait (rule AUTH2). */
export async function callerNow(
  name: RouteName,
  { reply, params, query, body }: Partial<NamedParts> & { reply: FastifyReply },
): Promise<Result<Caller>> {
  const caller = await callerOf(name, reply.request, { params, query, body })
  const authorised = authorise(caller, ROUTES[name].requires)
  return authorised.ok ? ok(caller) : authorised
}

/**
 * Mounts a route that reads one session, admitted by what it costs (rule LIM16). The one place that
 * waits: for a seq (rule READ1), for the session to be opened, for its turn. After that it is asked
 * once more whether the caller may read.
 */
export function mountRead<Name extends RouteName>(
  app: FastifyInstance,
  services: ReadServices,
  name: Name,
  { isKnown, read, bodyLimit }: RouteReader<Name>,
): void {
  const { units } = ROUTE_COSTS[name]
  const handler = async (asked: RouteRequest<Name>): Promise<ReadAnswer<Name>> => {
    const { reply } = asked
    const named: NamedParts = asked
    const { params, query, body } = named
    const given = [params, query, body].map((part) => textIn(part, 'session_id'))
    const id = requiredSession(
      given.find((each) => each !== undefined),
      asked.session_id,
    )
    if (!id.ok) return id
    const found = await reach(services, id.value, (query ?? {}) as { min_seq?: number })
    if (!found.ok) return found
    const session = found.value
    const known = await callerNow(name, { ...named, reply })
    if (!known.ok) return known
    if (isKnown?.({ ...asked, caller: known.value, session })) return undefined
    const demand = {
      user: chargedBy(reply.request),
      session_id: id.value,
      units: units?.(services.sessions.extentOf(session), query ?? {}) ?? 0,
    }
    const admitted = await reply.server.talusServices.work.admit(demand, goneSignal(reply))
    if (!admitted.ok) return admitted
    const permit = admitted.value
    return holding(permit, async (): Promise<ReadAnswer<Name>> => {
      const caller = await callerNow(name, { ...named, reply })
      if (!caller.ok) return caller
      if (session.isRetired) return { ok: false, error: sessionNotFound(id.value) }
      return read({ ...asked, caller: caller.value, session, permit })
    })
  }
  mount(app, name, handler, bodyLimit === undefined ? {} : { bodyLimit })
}

/** Longest wait for a `min_seq`, in milliseconds (rule READ1). */
const PATIENCE_MS = 5_000

/**
 * The session, once it has come to `min_seq`. Errors: SESSION_NOT_FOUND, PRECONDITION_FAILED,
 * STORAGE_UNAVAILABLE.
 */
async function reach(
  { sessions, after }: ReadServices,
  session_id: string,
  { min_seq = 0 }: Moment,
): Promise<Result<LiveSession>> {
  const session = await sessions.get(session_id)
  if (!session.ok || session.value.seq >= min_seq) return session
  const { reached, cancel } = session.value.tail.arrival(min_seq)
  const answered = new AbortController()
  after(PATIENCE_MS, cancel, answered.signal)
  await reached
  answered.abort()
  const { seq, isRetired } = session.value
  if (isRetired) return { ok: false, error: sessionNotFound(session_id) }
  if (seq >= min_seq) return session
  const expected = `a seq of ${seq} at most, or a later attempt`
  const details = [{ path: '/min_seq', expected, actual: min_seq }]
  return fail('PRECONDITION_FAILED', `The session is at seq ${seq}`, details)
}

/** Aborted when the connection closes before the answer is sent, and when all of it is sent. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}

/** `signal` is not aborted between `begin` and `end`. */
type GoneBesides = { signal: AbortSignal; begin: () => void; end: () => void }

/**
 * The same for work that goes on whether or not somebody waits for it: between `begin` and `end` it
 * is not aborted, and then at once if the client has gone.
 */
export function goneBesides({ raw }: FastifyReply): GoneBesides {
  const gone = new AbortController()
  let [isWorking, isGone] = [false, false]
  raw.once('close', () => {
    isGone = true
    if (!isWorking) gone.abort()
  })
  return {
    signal: gone.signal,
    begin: () => {
      isWorking = true
    },
    end: () => {
      isWorking = false
      if (isGone) gone.abort()
    },
  }
}

/** What the REST routes stand on. */
export type RestServices = {
  sessions: SessionStore
  dispatcher: Dispatcher
  history: HistoryReader
  /** Waits some milliseconds. */
  after: After
  hub: Hub
  contractHash: string
  serverVersion: string
  /** Whether commands are taken: false while the server shuts down. */
  takesClients: () => boolean
  /** Why commands could not be made durable now; null when they can. */
  unreadiness: () => Promise<string | null>
  /** How other servers are told of what happens here; absent: there are none. */
  cluster: { isConnected: boolean } | undefined
}

type Version = { epoch: string; seq: number; template_digest: string | null }

/** Weak: the same graph in gzip, or under a project that was deleted meanwhile, has other bytes. */
export function etag({ epoch, seq, template_digest }: Version): string {
  return `W/"${[epoch, seq, ...(template_digest === null ? [] : [template_digest])].join(':')}"`
}

function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, '')
}

/** Says which version a success is. A refusal has none: it is not to be kept. */
export function nameVersion(reply: FastifyReply, tag: string): void {
  // Kept by the client, but not shown again without asking.
  void reply.header('etag', tag).header('cache-control', 'private, no-cache')
}

/** Whether the client has this version already; then it was told so, with 304 (rule READ2). */
export function isUnchanged(reply: FastifyReply, tag: string): boolean {
  const known = reply.request.headers['if-none-match']
  const tags = known?.split(',').map(opaque) ?? []
  if (!tags.includes('*') && !tags.includes(opaque(tag))) return false
  nameVersion(reply, tag)
  void reply.status(304).send()
  return true
}

/** What a role is told by. */
const CREDENTIALS = 'Authorization, X-Share-Token'

/**
 * What the caller sees of a session; null: everything. Where that depends on the caller, the answer
 * says so to whoever keeps it (rule VIEW4).
 */
export function sightOf(
  { caller, reply }: { caller: Caller; reply: FastifyReply },
  session: LiveSession,
): RoleView | null {
  if (!session.rules?.hideSomething) return null
  const vary = String(reply.getHeader('vary') ?? '')
  // A read that has waited asks twice.
  if (!vary.includes(CREDENTIALS)) {
    void reply.header('vary', vary === '' ? CREDENTIALS : `${vary}, ${CREDENTIALS}`)
  }
  return viewOf(caller, session)
}
