import type { ErrorCode } from '@talus/protocol'
import type { DoorName } from './door-name.js'
import type { Identity } from './identity.js'

/** What somebody was refused. */
export type Denial =
  | 'connection.denied'
  | 'connection.expired'
  | 'origin.denied'
  | 'request.denied'
  | 'role.lost'

/** What somebody did that others must be able to look up. */
export type Act =
  | 'session.joined'
  | 'session.left'
  | 'session.created'
  | 'session.restored'
  | 'session.deleted'
  | 'project.created'
  | 'project.loaded'
  | 'project.deleted'
  | 'member.changed'
  | 'member.removed'
  | 'share-link.created'
  | 'share-link.revoked'
  | 'admin.access'

/** Who, from where, by which door, about what. Ids and names of the contract only, never values. */
export type AuditFacts = {
  door: DoorName
  /** Absent when nobody has proven to be anybody. */
  actor_id?: string | undefined
  /** Whether it was an administrator. */
  admin?: true | undefined
  address?: string | undefined
  client_id?: string | undefined
  session_id?: string | undefined
  project_id?: string | undefined
  /** The event or the route that was asked for. */
  asked?: string | undefined
  /** Whose role was changed, and to what. */
  member_id?: string | undefined
  role?: string | undefined
  link_id?: string | undefined
}

/** Keeps what must be accounted for. It never throws and never waits. */
export interface Audit {
  did(act: Act, facts: AuditFacts): void
  denied(denial: Denial, code: ErrorCode, facts: AuditFacts): void
}

/** Who it is, as the audit log names them. */
export function actorFacts({ actor, admin }: Identity): {
  actor_id: string
  admin: true | undefined
} {
  return { actor_id: actor.id, admin: admin === true ? true : undefined }
}

/** Whether a refusal says that somebody may not, rather than that something cannot be. */
export function isDenial(code: ErrorCode): boolean {
  return code === 'UNAUTHORIZED' || code === 'FORBIDDEN'
}
