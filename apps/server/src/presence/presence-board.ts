import type { Change, ErrorBody, Failure, Presence } from '@talus/protocol'
import type { Allowance } from '../limits/allowances.js'
import type { Kept, PresenceText } from './presence-room.js'

/** Who is told of changes of presence. It never throws and never waits. */
export interface PresenceAudience {
  showPresence(session_id: string, changes: readonly PresenceText[]): void
  /** Tells one client what has become of its presence. */
  tell(session_id: string, client_id: string, error: ErrorBody): void
  /** How many clients are in the session. */
  count(session_id: string): number
}

/** The state of a client, also as JSON, and whose memory it counts in. */
export type PresenceUpdate = { presence: Presence; text: string; user: Allowance }

/**
 * Where everybody in every session is (rules PRES1, PRES2). In memory only, and apart from commands:
 * nothing here waits or fails. Who may update, and with what, is decided before.
 */
export interface PresenceBoard {
  /** Takes the latest state of a client. The audience sees it soon. Errors: LIMIT_EXCEEDED. */
  update(session_id: string, update: PresenceUpdate): Failure | undefined
  /** Takes back the state of a client. */
  clear(session_id: string, client: Pick<Presence, 'client_id' | 'actor'>): void
  /** The client has left the session: its presence goes at once. */
  leave(session_id: string, client_id: string): void
  everybody(session_id: string): readonly Kept[]
  /** Bytes that all states of the session take. */
  bytesOf(session_id: string): number
  /** Takes the nodes that committed changes have deleted out of every state. */
  prune(session_id: string, changes: Iterable<Change>): void
}
