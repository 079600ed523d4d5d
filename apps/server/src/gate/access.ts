import { higher } from '@talus/graph'
import { fail, type Actor, type Failure, type Role } from '@talus/protocol'
import { sessionNotFound } from '../dispatch/failures.js'
import type { Faults } from '../observability/faults.js'
import type { Caller } from './caller.js'
import type { Grant, Identity } from './identity.js'

/** Who is at the other end of a connection or a request, and what was presented. */
export type Visitor = {
  /** Who it has proven to be; in development, who it claims to be. */
  identity: Identity
  /** What its share links give, by session. */
  grants: ReadonlyMap<string, Grant>
}

/** The roles of a session's members. */
export type Roles = {
  /** Null: no member; undefined: not in memory, load it first. */
  peek: (session_id: string, actor_id: string) => Role | null | undefined
  load: (session_id: string) => Promise<void>
  /** The sessions of which somebody is a member. */
  sessionsOf: (actor_id: string) => Promise<readonly { session_id: string }[]>
}

type AccessServices = {
  roles: Roles
  /** Whether there is a session with this id. */
  exists: (session_id: string) => Promise<boolean>
  /** Whether a share link still gives what it gave when it was presented. */
  isLive: (grant: Grant) => boolean
  /** Milliseconds since 1970. */
  clock: () => number
  faults: Faults
}

/** Tells that the proof of identity has ended. */
export const EXPIRED: Failure = { code: 'UNAUTHORIZED', message: 'The credentials have expired' }

const GUEST: Failure = {
  code: 'FORBIDDEN',
  message: 'A share link gives access to its session only; authenticate for this',
}

function refused(actor: Actor, refusal: Failure): Caller {
  return { actor, role: null, refusal }
}

function noRole(actor: Actor): Caller {
  const { error } = fail('FORBIDDEN', 'You have no role in this session', [
    { path: '/session_id', expected: 'a session that you are a member of, or a share link to it' },
  ])
  return refused(actor, error)
}

/**
 * Decides what a visitor may do in a session (rules AUTH1, AUTH2). It is asked for every single
 * request: what has been revoked or has expired counts no longer from that moment on.
 */
export type Access = {
  /** Whether identities have to be proven. */
  readonly authenticated: boolean
  callerIn: (visitor: Visitor, session_id: string) => Caller | Promise<Caller>
  /** The sessions that a visitor has a role in. */
  sessionsOf: (visitor: Visitor) => Promise<ReadonlySet<string> | 'all'>
  /** The caller of what concerns no session. */
  caller: (visitor: Visitor) => Caller
}

/** Without authentication everybody is an owner. */
export const OPEN_ACCESS: Access = {
  authenticated: false,
  callerIn: ({ identity }) => ({ actor: identity.actor, role: 'owner' }),
  sessionsOf: async () => 'all',
  caller: ({ identity }) => ({ actor: identity.actor, role: 'owner' }),
}

/** Access by membership, share links and the list of administrators. */
export function createAccess(services: AccessServices): Access {
  const { roles, exists, isLive, clock, faults } = services
  const hasExpired = (at: number | undefined) => at !== undefined && at <= clock()

  function granted({ grants }: Visitor, session_id: string): Role | null {
    const grant = grants.get(session_id)
    if (!grant || hasExpired(grant.expires_at) || !isLive(grant)) return null
    return grant.role
  }

  async function missing(actor: Actor, session_id: string): Promise<Caller> {
    if (await exists(session_id)) return noRole(actor)
    return refused(actor, sessionNotFound(session_id))
  }

  function decide(visitor: Visitor, session_id: string, member: Role | null) {
    const { actor, admin, guest } = visitor.identity
    // Who is known by a link alone has what the link gives, whatever else bears its name.
    const own = guest ? null : member
    const grant = granted(visitor, session_id)
    const given = own && grant ? higher(own, grant) : (own ?? grant)
    const role = admin ? 'owner' : given
    return role === null ? missing(actor, session_id) : { actor, role, session_id }
  }

  return {
    authenticated: true,
    callerIn(visitor, session_id) {
      const { actor, expires_at } = visitor.identity
      if (hasExpired(expires_at)) return refused(actor, EXPIRED)
      const known = roles.peek(session_id, actor.id)
      if (known !== undefined) return decide(visitor, session_id, known)
      return roles.load(session_id).then(
        () => decide(visitor, session_id, roles.peek(session_id, actor.id) ?? null),
        (err) => {
          const what = 'The members of the session could not be read'
          return refused(actor, faults.storage(err, what, { session_id }))
        },
      )
    },
    async sessionsOf(visitor) {
      const {
        identity: { actor, admin },
        grants,
      } = visitor
      if (admin) return 'all'
      const own = await roles.sessionsOf(actor.id)
      const sessions = new Set(own.map(({ session_id }) => session_id))
      for (const session_id of grants.keys()) {
        if (granted(visitor, session_id) !== null) sessions.add(session_id)
      }
      return sessions
    },
    caller({ identity: { actor, expires_at, guest } }) {
      if (guest) return refused(actor, GUEST)
      if (hasExpired(expires_at)) return refused(actor, EXPIRED)
      return { actor, role: 'owner', session_id: null }
    },
  }
}
