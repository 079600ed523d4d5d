import { fail, ok, type Result, type RouteName } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { sessionNotFound } from '../../dispatch/failures.js'
import type { Caller } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import type { Permit } from '../../limits/concurrency-limit.js'
import { ROUTE_COSTS } from '../../limits/costs.js'
import type { LiveSession } from '../../sessions/live-session.js'
import { ROUTES } from '@talus/protocol'
import { callerOf, chargedBy, textIn, type Named } from './door.js'
import { goneSignal } from './gone.js'
import { reach } from './reach.js'
import { mount, RawJson, requiredSession, type Asked, type RouteHandler } from './route.js'
import type { RestServices } from './services.js'

/** A read of a session that has been admitted. */
export type Read<Name extends RouteName> = Asked<Name> & { session: LiveSession; permit: Permit }

type Answer<Name extends RouteName> = Awaited<ReturnType<RouteHandler<Name>>>

export type Reader<Name extends RouteName> = {
  /** Answers by itself what the client has already, before anything is read; true when it did. */
  isKnown?: (asked: Asked<Name> & { session: LiveSession }) => boolean
  read: (read: Read<Name>) => Promise<Answer<Name>> | Answer<Name>
  /** Bytes of the body, where an ordinary message is more than it needs. */
  bodyLimit?: number
}

type Services = Pick<RestServices, 'sessions' | 'after'>

export const GONE = fail('OVERLOADED', 'The client has gone')

export function isStream(answer: Answer<RouteName>): boolean {
  return answer?.ok === true && answer.value instanceof RawJson && !answer.value.isWhole
}

/** Who asks, by the roles of this moment: asked again after every wait (rule AUTH2). */
export async function callerNow(
  name: RouteName,
  { reply, params, query, body }: Partial<Named> & { reply: FastifyReply },
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
  services: Services,
  name: Name,
  { isKnown, read, bodyLimit }: Reader<Name>,
): void {
  const { units } = ROUTE_COSTS[name]
  const handler = async (asked: Asked<Name>): Promise<Answer<Name>> => {
    const { reply } = asked
    const named: Named = asked
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
    const admitted = await reply.server.door.work.admit(demand, goneSignal(reply))
    if (!admitted.ok) return admitted
    const permit = admitted.value
    let isHeld = false
    try {
      const caller = await callerNow(name, { ...named, reply })
      if (!caller.ok) return caller
      if (session.isRetired) return { ok: false, error: sessionNotFound(id.value) }
      const answer = await read({ ...asked, caller: caller.value, session, permit })
      // A stream gives the permit back when it has ended.
      isHeld = isStream(answer)
      return answer
    } catch (err) {
      if (permit.gone.aborted) return GONE
      throw err
    } finally {
      if (!isHeld) permit.release()
    }
  }
  mount(app, name, handler, bodyLimit === undefined ? {} : { bodyLimit })
}
