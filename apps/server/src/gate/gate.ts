import { check, fail, ok, type Result, type Role } from '@talus/protocol'
import type { Static, TSchema } from 'typebox'
import type { Caller } from './caller.js'

const RANK: Record<Role, number> = { viewer: 0, commenter: 1, editor: 2, owner: 3 }

/** Whether a role permits what another role is required for. */
export function permits(role: Role, required: Role): boolean {
  return RANK[role] >= RANK[required]
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
 * are checked where commands are parsed. Errors: BAD_REQUEST, FORBIDDEN.
 */
export function admit<S extends TSchema>(asked: Asked<S>): Result<Static<S>> {
  const checked = check(asked.schema, asked.payload)
  if (!checked.ok) return checked
  if (!permits(asked.caller.role, asked.requires)) {
    return fail('FORBIDDEN', `This needs the role ${asked.requires}`, [
      { path: '', expected: `the role ${asked.requires}`, actual: asked.caller.role },
    ])
  }
  return ok(checked.value)
}
