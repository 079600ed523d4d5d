import { higher, permits } from '@talus/graph'
import { type Actor, check, fail, type Failure, ok, type Result, type Role } from '@talus/protocol'
import type { Static, TSchema } from 'typebox'
import { type Faults, sessionNotFound } from '../errors.js'
import type { Caller, Grant, Visitor } from './identity.js'

/** Whose sessions a list holds: those of a member, and those of some links. */
export type ListedFor = { actor_id: string; session_ids: readonly string[] }

/** The roles of a session's members. */
type Roles = {
  /** Null: no member; undefined: not in memory, load it first. */
  peek: (session_id: string, actor_id: string) => Role | null | undefined
  load: (session_id: string) => Promise<void>
}

type AccessServices = {
  roles: Roles
  changes: Pick<AccessChanges, 'of'>
  /** Whether there is a session with this id: a look-up that opens none. Rejects as storage does. */
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

/** The roles of the session have changed while a request was under way: the next one reads them. */
export const ROLE_CHANGED: Failure = {
  code: 'OVERLOADED',
  message: 'The role has changed meanwhile; try again',
}

function refused(actor: Actor, refusal: Failure): Caller {
  return { actor, role: null, refusal }
}

function noRole(actor: Actor, session_id: string): Caller {
  const expected = 'a session that you are a member of, or a share link to it'
  const details = [{ path: '/session_id', expected, actual: session_id }]
  const { error } = fail('FORBIDDEN', 'You have no role in this session', details)
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
  /**
   * The caller with the role of this moment, for whoever has waited since it was decided: the same
   * object when nothing has changed. Never waits.
   */
  now: (caller: Caller) => Caller
  /** The sessions whose things a visitor is shown in lists; undefined: all. */
  listedFor: (visitor: Visitor) => ListedFor | undefined
  /** The caller of what concerns no session. */
  caller: (visitor: Visitor) => Caller
}

/** Without authentication everybody is an owner. */
export const OPEN_ACCESS: Access = {
  authenticated: false,
  callerIn: ({ identity }) => ({ actor: identity.actor, role: 'owner', admin: true }),
  now: (caller) => caller,
  listedFor: () => undefined,
  caller: ({ identity }) => ({ actor: identity.actor, role: 'owner' }),
}

/** Access by membership, share links and the list of administrators. */
export function createAccess(services: AccessServices): Access {
  const { roles, changes, exists, isLive, clock, faults } = services
  const hasExpired = (at: number | undefined) => at !== undefined && at <= clock()

  function granted({ grants }: Visitor, session_id: string): Role | null {
    const grant = grants.get(session_id)
    if (!grant || hasExpired(grant.expires_at) || !isLive(grant)) return null
    return grant.role
  }

  async function missing(actor: Actor, session_id: string): Promise<Caller> {
    try {
      if (await exists(session_id)) return noRole(actor, session_id)
    } catch (err) {
      return refused(actor, faults.storage(err, 'The session could not be read', { session_id }))
    }
    return refused(actor, sessionNotFound(session_id))
  }

  /** Null: no role at all. */
  function roleOf(visitor: Visitor, session_id: string, member: Role | null): Role | null {
    const { admin, guest } = visitor.identity
    if (admin) return 'owner'
    // Who is known by a link alone has what the link gives, whatever else bears its name.
    const own = guest ? null : member
    const grant = granted(visitor, session_id)
    return own && grant ? higher(own, grant) : (own ?? grant)
  }

  function decide(visitor: Visitor, session_id: string, member: Role | null) {
    const { actor, admin } = visitor.identity
    const role = roleOf(visitor, session_id, member)
    if (role === null) return missing(actor, session_id)
    return { actor, role, session_id, visitor, as_of: changes.of(session_id), admin }
  }

  /** Whether what the caller was let in by may have changed or ended. */
  function isStale(visitor: Visitor, session_id: string, as_of: number | undefined): boolean {
    if (hasExpired(visitor.identity.expires_at) || changes.of(session_id) !== as_of) return true
    return visitor.grants.size > 0 && hasExpired(visitor.grants.get(session_id)?.expires_at)
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
    now(caller) {
      const { visitor, session_id, as_of, actor } = caller
      if (!visitor || !session_id || !isStale(visitor, session_id, as_of)) return caller
      if (hasExpired(visitor.identity.expires_at)) return refused(actor, EXPIRED)
      const { admin, guest } = visitor.identity
      const known = admin || guest ? null : roles.peek(session_id, actor.id)
      if (known === undefined) return refused(actor, ROLE_CHANGED)
      const role = roleOf(visitor, session_id, known)
      if (role === null) return noRole(actor, session_id)
      return { actor, role, session_id, visitor, as_of: changes.of(session_id), admin }
    },
    listedFor(visitor) {
      const {
        identity: { actor, admin, guest },
        grants,
      } = visitor
      if (admin) return undefined
      const session_ids = [...grants.keys()].filter((id) => granted(visitor, id) !== null)
      // No member bears the name of a guest (rule AUTH7).
      return { actor_id: guest ? '' : actor.id, session_ids }
    },
    caller({ identity: { actor, expires_at, guest } }) {
      if (guest) return refused(actor, GUEST)
      if (hasExpired(expires_at)) return refused(actor, EXPIRED)
      return { actor, role: 'owner', session_id: null }
    },
  }
}

/** Whether the caller may do what a role is required for. Errors: FORBIDDEN, SESSION_NOT_FOUND. */
export function authorise(caller: Caller, requires: Role): Result<null> {
  if (permits(caller.role, requires)) return ok(null)
  if (caller.role === null) return { ok: false, error: caller.refusal }
  return fail('FORBIDDEN', `This needs the role ${requires}`, [
    { path: '', expected: `the role ${requires}`, actual: caller.role },
  ])
}

/** Whether the caller's role is one in this session: asked where the session is known for certain. */
export function holdsIn({ session_id: own }: Caller, session_id: string): Result<null> {
  if (own === undefined || own === session_id) return ok(null)
  return fail('FORBIDDEN', 'You have no role in this session', [
    { path: '/session_id', expected: String(own ?? 'no session'), actual: session_id },
  ])
}

/** What `admit` checks: a payload, who sent it, and the role that the contract requires. */
type AskedPayload<S extends TSchema> = {
  caller: Caller
  requires: Role
  schema: S
  payload: unknown
}

/**
 * Admits a request of REST or a namespace: shape, then role (rule CMD1). Values inside commands
 * are checked where commands are parsed. Errors: BAD_REQUEST, FORBIDDEN, SESSION_NOT_FOUND.
 */
export function admit<S extends TSchema>(asked: AskedPayload<S>): Result<Static<S>> {
  const checked = check(asked.schema, asked.payload)
  if (!checked.ok) return checked
  const authorised = authorise(asked.caller, asked.requires)
  return authorised.ok ? ok(checked.value) : authorised
}

/** The role of a visitor at this moment; undefined: none, or it has to be looked up first. */
export function roleNow(access: Access, visitor: Visitor, session_id: string): Role | undefined {
  const caller = access.callerIn(visitor, session_id)
  return caller instanceof Promise ? undefined : (caller.role ?? undefined)
}

/** Sessions whose last change is remembered one by one. */
const MOST_SESSIONS = 10_000

/**
 * When access to a session last changed, as a number that only grows. Whoever decided by what was in
 * force at one number has to decide again once there is another.
 */
export class AccessChanges {
  /** The least recently changed session first. */
  readonly #stamps = new Map<string, number>()
  #count = 0
  /** The highest stamp that was dropped: any session that is not kept may have changed then. */
  #dropped = 0

  /** A role, a link or the session itself has changed. */
  add(session_id: string): void {
    this.#count += 1
    this.#stamps.delete(session_id)
    this.#stamps.set(session_id, this.#count)
    if (this.#stamps.size <= MOST_SESSIONS) return
    const [oldest] = this.#stamps
    if (!oldest) return
    this.#stamps.delete(oldest[0])
    this.#dropped = oldest[1]
  }

  of(session_id: string): number {
    return this.#stamps.get(session_id) ?? this.#dropped
  }
}

/** Whether a caller still has a role, at the moment at which it is asked. */
export type StillHas = (caller: Caller, requires: Role) => Result<null>

export function rolesOfTheMoment({ now }: Pick<Access, 'now'>): StillHas {
  return (caller, requires) => authorise(now(caller), requires)
}
