import type { Role } from '@talus/protocol'
import type { Access } from './access.js'
import type { Visitor } from './identity.js'

/** The role of a visitor at this moment; undefined: none, or it has to be looked up first. */
export function roleNow(access: Access, visitor: Visitor, session_id: string): Role | undefined {
  const caller = access.callerIn(visitor, session_id)
  return caller instanceof Promise ? undefined : (caller.role ?? undefined)
}
