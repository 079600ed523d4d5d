import type { Actor, Result, Role } from '@talus/protocol'

/**
 * Who asks for something, for those who carry it along until it is done: the gate, which made it,
 * tells by it what the role is then. `admin`: owner of every session, also of one that is gone.
 */
export type Asker = {
  readonly actor: Actor
  readonly role: Role | null
  readonly admin?: boolean | undefined
}

/** Whether somebody still has a role, at the moment at which it is asked. */
export type StillHas = (asker: Asker, requires: Role) => Result<null>
