import { type Change, type ErrorBody, fail, type Failure, type Presence } from '@talus/protocol'
import type { Allowance } from '../limits/socket-limits.js'
import {
  deletedBy,
  keptOf,
  type KeptPresence,
  presenceOf,
  PresenceRoom,
  type PresenceText,
} from './room.js'

/** Calls `work` at the next beat. */
type AtNextBeat = (work: () => void) => void

type Beating = {
  work: () => void
  /** Whether the last beat has left something to do. */
  hasMore: () => boolean
  /** Called when a beat has passed in which nothing was asked for. */
  onRest: () => void
}

/**
 * Work that is done at most once a beat. The first time at once; asked for again meanwhile, once
 * more at the next beat, so that what came last is never left lying (rule PRES1).
 */
class Beat {
  readonly #atNextBeat: AtNextBeat
  readonly #beating: Beating
  #state: 'resting' | 'waiting' | 'asked' = 'resting'

  constructor(atNextBeat: AtNextBeat, beating: Beating) {
    this.#atNextBeat = atNextBeat
    this.#beating = beating
  }

  get isResting(): boolean {
    return this.#state === 'resting'
  }

  ask(): void {
    if (this.#state === 'resting') this.#run()
    else this.#state = 'asked'
  }

  #run(): void {
    this.#state = 'waiting'
    this.#beating.work()
    this.#atNextBeat(() => this.#beat())
  }

  #beat(): void {
    if (this.#state === 'asked' || this.#beating.hasMore()) return this.#run()
    this.#state = 'resting'
    this.#beating.onRest()
  }
}

/** Bytes a second that presence may write: in one session, and in all that write much. */
const SESSION_BYTES = 100_000_000
const ALL_BYTES = 200_000_000

/** What one beat may write, to everybody together; it takes some milliseconds. */
const BEAT_BYTES = 4_000_000

/** A beat that writes less does not wait for other sessions. */
const LITTLE_BYTES = 65_536

/**
 * How fast presence is shown: the more is written, the later the next beat comes. Nothing is lost, as
 * the latest state of each client counts (rule PRES1).
 */
class Pace {
  readonly #now: () => number
  #freeAt = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Characters of states that one beat may show to so many clients. */
  mostFor(clients: number): number {
    return BEAT_BYTES / Math.max(1, clients)
  }

  /** Milliseconds until the next beat after one that wrote so many bytes. */
  after(bytes: number): number {
    const own = (bytes / SESSION_BYTES) * 1_000
    if (bytes < LITTLE_BYTES) return own
    const now = this.#now()
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes / ALL_BYTES) * 1_000
    return Math.max(own, this.#freeAt - now)
  }
}

/** Shares of a session and of a user in what all states may take. */
const SESSION_SHARE = 16
const USER_SHARE = 64

/** When there is too much, the largest go until so much of the budget is in use. */
const AFTER_EVICTION = 0.9

/** One state, and whose budget it counts in. */
type CountedState = { session_id: string; user: Allowance; kept: KeptPresence }

function tooMuch(most: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} bytes of presence states of one user`
  const hint = 'send smaller states, or take some back'
  return fail('LIMIT_EXCEEDED', 'Your presence states take too much memory', [
    { path: '/state', expected, hint },
  ]).error
}

/** Bytes that presence states take: of each user, of each session and in all (rule LIM32). */
class PresenceBudget {
  readonly #most: number
  readonly #states = new Map<KeptPresence, CountedState>()
  readonly #sessions = new Map<string, number>()
  #all = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Whether a user may have a state of so many bytes in place of another. A refusal: LIMIT_EXCEEDED. */
  refusal(user: Allowance, bytes: number, before: KeptPresence | undefined): Failure | undefined {
    const most = this.#most / USER_SHARE
    const after = user.presenceBytes + bytes - (before?.bytes ?? 0)
    return after > most && bytes > (before?.bytes ?? 0) ? tooMuch(most) : undefined
  }

  add(counted: CountedState): void {
    this.#states.set(counted.kept, counted)
    this.#count(counted, 1)
  }

  remove(kept: KeptPresence | undefined): CountedState | undefined {
    const counted = kept && this.#states.get(kept)
    if (!counted) return undefined
    this.#states.delete(counted.kept)
    this.#count(counted, -1)
    return counted
  }

  /** The bytes of a session's states. */
  of(session_id: string): number {
    return this.#sessions.get(session_id) ?? 0
  }

  /** The largest states where there is too much, of this session or in all: they have to go. */
  excess(session_id: string): CountedState[] {
    const ofSession = this.#most / SESSION_SHARE
    if (this.of(session_id) > ofSession) {
      return this.#largest(this.of(session_id) - AFTER_EVICTION * ofSession, session_id)
    }
    return this.#all > this.#most ? this.#largest(this.#all - AFTER_EVICTION * this.#most) : []
  }

  #largest(bytes: number, session_id?: string): CountedState[] {
    const among = [...this.#states.values()].filter(
      (counted) => session_id === undefined || counted.session_id === session_id,
    )
    among.sort((one, other) => other.kept.bytes - one.kept.bytes)
    let left = bytes
    const end = among.findIndex(({ kept }) => {
      left -= kept.bytes
      return left <= 0
    })
    return among.slice(0, end + 1)
  }

  #count({ session_id, user, kept }: CountedState, sign: 1 | -1): void {
    const bytes = sign * kept.bytes
    this.#all += bytes
    user.presenceBytes += bytes
    const left = this.of(session_id) + bytes
    if (left > 0) this.#sessions.set(session_id, left)
    else this.#sessions.delete(session_id)
  }
}

/** Who is told of changes of presence. It never throws and never waits. */
export interface PresenceAudience {
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
  everybody(session_id: string): readonly PresenceText[]
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
  /** Where clients of other servers are; absent: there are none. */
  elsewhere?: ((session_id: string) => readonly PresenceText[]) | undefined
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
    const kept = room?.move(from, to) ?? this.#adopt(session_id, from, to)
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

  /** The state of a client that was on another server. */
  #adopt(session_id: string, from: string, to: Pick<Presence, 'client_id' | 'actor'>) {
    const theirs = this.#settings.elsewhere?.(session_id) ?? []
    const known = theirs.find(({ client_id }) => client_id === from)
    if (!known) return undefined
    const { room } = this.#sessions.get(session_id) ?? this.#open(session_id)
    const state = presenceOf(known).state
    return room.adopt(keptOf({ ...to, state }, known.text))
  }

  everybody(session_id: string): readonly PresenceText[] {
    const here = this.#sessions.get(session_id)?.room.everybody() ?? []
    const { elsewhere } = this.#settings
    return elsewhere ? [...here, ...elsewhere(session_id)] : here
  }

  /** The state of a client of this server, as JSON. */
  textOf(session_id: string, client_id: string): string | undefined {
    return this.#sessions.get(session_id)?.room.of(client_id)?.text
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
