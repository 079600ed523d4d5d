import type { Change, ErrorBody, Failure, Presence } from '@talus/protocol'
import type { Allowance } from '../limits/socket-limits.js'
import { type AtNextBeat, Beat, Pace, PresenceBudget } from './limits.js'
import { deletedBy, keptOf, type KeptPresence, PresenceRoom, type PresenceText } from './room.js'

/** Who is told of changes of presence. It never throws and never waits. */
interface PresenceAudience {
  showPresence(session_id: string, changes: readonly PresenceText[]): void
  /** Tells one client what has become of its presence. */
  tell(session_id: string, client_id: string, error: ErrorBody): void
  /** How many clients are in the session. */
  count(session_id: string): number
}

/** The state of a client, also as JSON, and whose memory it counts in. */
type PresenceUpdate = { presence: Presence; text: string; user: Allowance }

/** A client that takes the place of another, and whose memory its state counts in. */
type Mover = Pick<Presence, 'client_id' | 'actor'> & { user: Allowance }

/**
 * Where everybody in every session is (rules PRES1, PRES2). In memory only, and apart from commands:
 * nothing here waits or fails. Who may update, and with what, is decided before.
 */
export interface PresenceBoard {
  /** Takes the latest state of a client. The audience sees it soon. Errors: LIMIT_EXCEEDED. */
  update(session_id: string, update: PresenceUpdate): Failure | undefined
  /** Takes back the state of a client. */
  clear(session_id: string, client: Pick<Presence, 'client_id' | 'actor'>): void
  /** Another connection of a client has come: its state stays, told as that of the new one. */
  move(session_id: string, from: string, to: Mover): void
  /** The client has left the session: its presence goes at once. */
  leave(session_id: string, client_id: string): void
  everybody(session_id: string): readonly KeptPresence[]
  /** Bytes that all states of the session take. */
  bytesOf(session_id: string): number
  /** Takes the nodes that committed changes have deleted out of every state. */
  prune(session_id: string, changes: Iterable<Change>): void
}

type SessionPresence = { room: PresenceRoom; beat: Beat }

type PresenceSettings = {
  /** Does work at the next beat, so many milliseconds later at least. */
  atNextBeat: (work: () => void, least: number) => void
  /** Milliseconds of a clock that never goes back. */
  now: () => number
  /** Bytes of all states. */
  bytes: number
}

const EVICTED: ErrorBody = {
  code: 'LIMIT_EXCEEDED',
  message: 'Your presence was taken back: it was the largest',
  details: [{ path: '/state', expected: 'states of the session, or of all, that fit into memory' }],
  retryable: false,
}

/**
 * The presence of the clients of this server node. A session has one beat for all its clients:
 * what they have said since the last one goes to everybody in one write, however many they are.
 */
export class LocalPresence implements PresenceBoard {
  readonly #audience: PresenceAudience
  readonly #settings: PresenceSettings
  readonly #sessions = new Map<string, SessionPresence>()
  readonly #budget: PresenceBudget
  readonly #pace: Pace
  /** How many updates have been taken so far. */
  updates = 0

  constructor(audience: PresenceAudience, settings: PresenceSettings) {
    this.#audience = audience
    this.#settings = settings
    this.#budget = new PresenceBudget(settings.bytes)
    this.#pace = new Pace(settings.now)
  }

  update(session_id: string, { presence, text, user }: PresenceUpdate): Failure | undefined {
    const kept = keptOf(presence, text)
    const before = this.#sessions.get(session_id)?.room.of(presence.client_id)
    const refused = this.#budget.refusal(user, kept.bytes, before)
    if (refused) return refused
    this.updates += 1
    // Who says the same again has moved nowhere.
    if (before?.text === text && before.actor.name === presence.actor.name) return undefined
    const { room, beat } = this.#sessions.get(session_id) ?? this.#open(session_id)
    this.#budget.remove(before)
    room.set(kept)
    this.#budget.add({ session_id, user, kept })
    for (const excess of this.#budget.excess(session_id)) this.#evict(excess)
    beat.ask()
    return undefined
  }

  clear(session_id: string, client: Pick<Presence, 'client_id' | 'actor'>): void {
    const session = this.#sessions.get(session_id)
    if (!session) return
    this.updates += 1
    this.#budget.remove(session.room.of(client.client_id))
    session.room.clear(client)
    session.beat.ask()
  }

  move(session_id: string, from: string, { user, ...to }: Mover): void {
    const room = this.#sessions.get(session_id)?.room
    this.#budget.remove(room?.of(from))
    const kept = room?.move(from, to)
    if (!kept) return
    this.#budget.add({ session_id, user, kept })
    const { client_id, actor, text } = kept
    this.#audience.showPresence(session_id, [
      { client_id, actor, text, replaces: from },
      { client_id: from, actor, text: 'null' },
    ])
  }

  leave(session_id: string, client_id: string): void {
    const room = this.#sessions.get(session_id)?.room
    this.#budget.remove(room?.of(client_id))
    const change = room?.leave(client_id)
    // Not at the next beat: who is gone must not be seen any longer.
    if (change) this.#audience.showPresence(session_id, [change])
    this.#sweep(session_id)
  }

  everybody(session_id: string): readonly KeptPresence[] {
    return this.#sessions.get(session_id)?.room.everybody() ?? []
  }

  bytesOf(session_id: string): number {
    return this.#budget.of(session_id)
  }

  prune(session_id: string, changes: Iterable<Change>): void {
    const session = this.#sessions.get(session_id)
    // Most deletions concern nobody; then the changes are not even looked at.
    if (!session || session.room.named.size === 0) return
    const gone = deletedBy(changes, session.room.named)
    if (gone.size === 0) return
    for (const { before, after } of session.room.prune((node_id) => gone.has(node_id))) {
      const counted = this.#budget.remove(before)
      if (counted) this.#budget.add({ ...counted, kept: after })
    }
    session.beat.ask()
  }

  #evict({ session_id, kept }: { session_id: string; kept: KeptPresence }): void {
    const session = this.#sessions.get(session_id)
    this.#budget.remove(kept)
    session?.room.clear(kept)
    session?.beat.ask()
    this.#audience.tell(session_id, kept.client_id, EVICTED)
  }

  #open(session_id: string): SessionPresence {
    const room = new PresenceRoom()
    let pause = 0
    const show = () => {
      const clients = this.#audience.count(session_id)
      const changes = room.takeUnseen(this.#pace.mostFor(clients))
      if (changes.length > 0) this.#audience.showPresence(session_id, changes)
      const characters = changes.reduce((sum, { text }) => sum + text.length, 0)
      pause = this.#pace.after(characters * clients)
    }
    const atNextBeat: AtNextBeat = (work) => this.#settings.atNextBeat(work, pause)
    const rest = () => this.#sweep(session_id)
    const beat = new Beat(atNextBeat, { work: show, hasMore: () => room.hasUnseen, onRest: rest })
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
