import type { Permissions, RoleView } from '@talus/graph'
import type { Ack } from '@talus/protocol'
import { holdsIn } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { LiveSession } from './live-session.js'

/** Whose role in the session is not known has the least. */
function roleIn(caller: Caller, { record }: LiveSession) {
  return (holdsIn(caller, record.session_id).ok && caller.role) || 'viewer'
}

/** What a caller sees of a session; null: everything (rule VIEW1). */
export function viewOf(caller: Caller, session: LiveSession): RoleView | null {
  return session.rules && session.rules.viewOf(roleIn(caller, session))
}

/** What a caller may do in a session; undefined: everything (rule ACC2). */
export function permissionsOf(caller: Caller, session: LiveSession): Permissions | undefined {
  const role = roleIn(caller, session)
  // No rule asks for more than an owner.
  return role === 'owner' ? undefined : session.rules?.permissionsOf(role)
}

/** The answer to an undo or redo, as its caller sees it: what was left alone may be hidden. */
export function ackFor(caller: Caller, session: LiveSession, ack: Ack): Ack {
  const view = viewOf(caller, session)
  if (!view || !ack.ok || !ack.undo) return ack
  const { status, skipped } = ack.undo
  const shown = session.withDurable(({ graph }) =>
    view.skipped(skipped, (node_id) => graph.record(node_id)?.blueprint_type_id),
  )
  return { ...ack, undo: { status, skipped: shown } }
}
