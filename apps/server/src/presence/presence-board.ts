import type { Change, Presence, PresenceChange } from '@talus/protocol'

/** Who is told of changes of presence. It never throws and never waits. */
export interface PresenceAudience {
  showPresence(session_id: string, changes: readonly PresenceChange[]): void
}

/**
 * Where everybody in every session is (rules PRES1, PRES2). In memory only, and apart from commands:
 * nothing here waits or fails. Who may update, and with what, is decided before.
 */
export interface PresenceBoard {
  /** Takes the latest state of a client; null takes it back. The audience sees it soon. */
  update(session_id: string, change: PresenceChange): void
  /** The client has left the session: its presence goes at once. */
  leave(session_id: string, client_id: string): void
  everybody(session_id: string): Presence[]
  /** Takes the nodes that committed changes have deleted out of every state. */
  prune(session_id: string, changes: Iterable<Change>): void
}
