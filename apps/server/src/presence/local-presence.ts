import type { Change, Presence, PresenceChange } from '@talus/protocol'
import { Beat, type AtNextBeat } from './beat.js'
import { deletedBy } from './named-nodes.js'
import type { PresenceAudience, PresenceBoard } from './presence-board.js'
import { PresenceRoom } from './presence-room.js'

type Session = { room: PresenceRoom; beat: Beat }

/**
 * The presence of the clients of this server node. A session has one beat for all its clients:
 * what they have said since the last one goes to everybody in one write, however many they are.
 */
export class LocalPresence implements PresenceBoard {
  readonly #audience: PresenceAudience
  readonly #atNextBeat: AtNextBeat
  readonly #sessions = new Map<string, Session>()
  /** How many updates have been taken so far. */
  updates = 0

  constructor(audience: PresenceAudience, atNextBeat: AtNextBeat) {
    this.#audience = audience
    this.#atNextBeat = atNextBeat
  }

  update(session_id: string, change: PresenceChange): void {
    this.updates += 1
    const { room, beat } = this.#sessions.get(session_id) ?? this.#open(session_id)
    room.update(change)
    beat.ask()
  }

  leave(session_id: string, client_id: string): void {
    const change = this.#sessions.get(session_id)?.room.leave(client_id)
    // Not at the next beat: who is gone must not be seen any longer.
    if (change) this.#audience.showPresence(session_id, [change])
    this.#sweep(session_id)
  }

  everybody(session_id: string): Presence[] {
    return this.#sessions.get(session_id)?.room.everybody() ?? []
  }

  prune(session_id: string, changes: Iterable<Change>): void {
    const session = this.#sessions.get(session_id)
    const named = session?.room.named()
    // Most deletions concern nobody; then the changes are not even looked at.
    if (!session || !named || named.size === 0) return
    const gone = deletedBy(changes, named)
    if (gone.size === 0) return
    session.room.prune((node_id) => gone.has(node_id))
    session.beat.ask()
  }

  #open(session_id: string): Session {
    const room = new PresenceRoom()
    const show = () => {
      const changes = room.takeUnseen()
      if (changes.length > 0) this.#audience.showPresence(session_id, changes)
    }
    const beat = new Beat(this.#atNextBeat, show, () => this.#sweep(session_id))
    const session = { room, beat }
    this.#sessions.set(session_id, session)
    return session
  }

  /** Forgets an empty session; while its beat goes on it is kept, or the limit would start anew. */
  #sweep(session_id: string): void {
    const session = this.#sessions.get(session_id)
    if (session?.room.isEmpty && session.beat.isResting) this.#sessions.delete(session_id)
  }
}
