import { permits } from '@talus/graph'
import { check, fail, ok, type Result, type Role } from '@talus/protocol'
import type { Static, TSchema } from 'typebox'
import type { Caller } from './caller.js'

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

/** What the gate decides about: a payload, who sent it, and the role that the contract requires. */
export type Asked<S extends TSchema> = {
  caller: Caller
  requires: Role
  schema: S
  payload: unknown
}

/**
 * The one way in for REST and both namespaces: shape, then role (rule CMD1). Values inside commands
 * are checked where commands are parsed. Errors: BAD_REQUEST, FORBIDDEN, SESSION_NOT_FOUND.
 */
export function admit<S extends TSchema>(asked: Asked<S>): Result<Static<S>> {
  const checked = check(asked.schema, asked.payload)
  if (!checked.ok) return checked
  const authorised = authorise(asked.caller, asked.requires)
  return authorised.ok ? ok(checked.value) : authorised
}
