import type { Steps } from '@talus/graph'
import type { ErrorBody, Role } from '@talus/protocol'
import type { PresenceText } from '../presence/presence-room.js'
import { Arrivals, type Arrival, type Told } from './arrivals.js'
import { look, publishByView, publishByViewInSteps, type Place, type Sight } from './audience.js'
import type { Member } from './member.js'
import { graphPacket, rootPacket } from './packets.js'
import type { Broadcaster, Publication, SessionContext } from './publication.js'
import { make, send, sendInSteps, spoken, type Made } from './said.js'

/** Told when clients come into sessions and go, however that happens. It never throws. */
export type Attendance = (change: 'joined' | 'left', session_id: string, member: Member) => void

type Room = Map<string, Place>

type Pace = ConstructorParameters<typeof Arrivals>[0]

/** Everything is told at once. */
const AT_ONCE: Pace = { after: (_ms, work) => work(), mayWrite: () => true }

/** How a packet of presence ends whose state, its last field, is null. */
const NO_STATE = 'null}]'

/** The packet with a state that is JSON already. */
function withState(packet: string, text: string): string {
  return `${packet.slice(0, -NO_STATE.length)}${text}}]`
}

/**
 * Who is in which session on this server node, and what they are sent. Every publication is
 * turned into bytes once for each way of following, and each view, that somebody uses.
 */
export class Hub implements Broadcaster {
  readonly #rooms = new Map<string, Room>()
  readonly #now: () => string
  readonly #attendance: Attendance
  readonly #arrivals: Arrivals

  constructor(now: () => string, attendance: Attendance, pace: Pace = AT_ONCE) {
    this.#now = now
    this.#attendance = attendance
    this.#arrivals = new Arrivals(pace, (session_id, told) => this.#announceAll(session_id, told))
  }

  /**
   * Adds the member, or changes how it follows; `sight` is how it is shown the session. False when
   * it was there already (rule JOIN4).
   */
  join(session_id: string, member: Member, sight: Sight): boolean {
    const room: Room = this.#rooms.get(session_id) ?? new Map()
    this.#rooms.set(session_id, room)
    const isNew = !room.has(member.client_id)
    room.set(member.client_id, { member, sight })
    if (isNew) this.#attendance('joined', session_id, member)
    return isNew
  }

  /** Removes the member. False when it was not there. */
  leave(session_id: string, client_id: string): boolean {
    const room = this.#rooms.get(session_id)
    const place = room?.get(client_id)
    if (!room || !place) return false
    room.delete(client_id)
    this.#attendance('left', session_id, place.member)
    if (room.size === 0) {
      this.#rooms.delete(session_id)
      this.#arrivals.forget(session_id)
    }
    return true
  }

  has(session_id: string, client_id: string): boolean {
    return this.#rooms.get(session_id)?.has(client_id) ?? false
  }

  /** How many clients are in the session, over both namespaces. */
  count(session_id: string): number {
    return this.#rooms.get(session_id)?.size ?? 0
  }

  /** How many sessions have clients, and how many those are in all. */
  occupancy(): { rooms: number; clients: number } {
    let clients = 0
    for (const room of this.#rooms.values()) clients += room.size
    return { rooms: this.#rooms.size, clients }
  }

  /** Empties the session's room: the session was deleted. */
  close(session_id: string): void {
    const room = this.#rooms.get(session_id)
    this.#rooms.delete(session_id)
    this.#arrivals.forget(session_id)
    for (const { member } of room?.values() ?? []) {
      this.#attendance('left', session_id, member)
      member.onSessionDeleted()
    }
  }

  /** Has everybody in the session find out whether they may still be there. */
  review(session_id: string): Promise<unknown> {
    const members = [...(this.#rooms.get(session_id)?.values() ?? [])]
    return Promise.all(members.map(({ member }) => member.review()))
  }

  /** Tells a client whose role shows it something else than before to begin anew (rule VIEW5). */
  renew({ rules, ...session }: SessionContext, client_id: string): void {
    const place = this.#rooms.get(session.session_id)?.get(client_id)
    if (place && rules) look(place, { ...session, rules }, this.#now)
  }

  prepare(session: SessionContext, publications: readonly Publication[]): Made | undefined {
    const room = this.#rooms.get(session.session_id)
    if (!room || session.rules?.hideSomething) return undefined
    return make(room.values(), spoken(session, publications))
  }

  publish(session: SessionContext, publications: readonly Publication[], made?: Made): void {
    const room = this.#rooms.get(session.session_id)
    if (!room) return
    const { rules } = session
    if (!rules?.hideSomething) return send(room.values(), spoken(session, publications), made)
    const what = { session: { ...session, rules }, publications }
    publishByView(room.values(), what, this.#now)
  }

  *publishInSteps(session: SessionContext, publications: readonly Publication[]): Steps<void> {
    // Who comes later has the state that this leads to already.
    const room = [...(this.#rooms.get(session.session_id)?.values() ?? [])]
    const { rules } = session
    if (!rules?.hideSomething) return yield* sendInSteps(room, session, publications)
    const what = { session: { ...session, rules }, publications }
    yield* publishByViewInSteps(room, what, this.#now)
  }

  /** Tells the session that a client came or went. */
  announce(event: Arrival, session_id: string, client_id: string): void {
    const clients = this.count(session_id)
    if (clients > 0) this.#arrivals.announce(session_id, { event, client_id }, clients)
  }

  #announceAll(session_id: string, told: readonly Told[]): void {
    const room = this.#rooms.get(session_id)
    if (!room) return
    const active_clients = room.size
    const place = { session_id, timestamp: this.#now() }
    const root = () =>
      told.map(({ event, client_id }) => {
        const said = { ...place, client_id, active_clients }
        // Alike in words, two payload types: only inside a branch does the name fix the type.
        return event === 'session:connected'
          ? rootPacket(event, { event, ...said })
          : rootPacket(event, { event, ...said })
      })
    send(room.values(), {
      events: root,
      changes: root,
      graph: () =>
        told.map(({ event }) => graphPacket(event, { ...place, client_count: active_clients })),
    })
  }

  /** Tells one client of the session what only it needs to know. */
  tell(session_id: string, client_id: string, error: ErrorBody): void {
    const place = this.#rooms.get(session_id)?.get(client_id)
    if (!place) return
    const root = () => [rootPacket('error', error)]
    // The contract names `error` for `/` only; on `/graph` refusals without acknowledgement use it too.
    const graph = () => [`2/graph,${JSON.stringify(['error', error])}`]
    send([place], { events: root, changes: root, graph })
  }

  /** Tells the session that somebody has another role, or none. */
  showRole(session_id: string, actor_id: string, role: Role | null): void {
    const room = this.#rooms.get(session_id)
    if (!room) return
    const said = { session_id, timestamp: this.#now(), actor_id, role }
    const event = 'permissions:changed'
    const root = () => [rootPacket(event, { event, ...said })]
    send(room.values(), {
      events: root,
      changes: root,
      graph: () => [graphPacket(event, said)],
    })
  }

  /** Tells the session, or one client of it, where clients are now (rule PRES1). */
  showPresence(session_id: string, changes: readonly PresenceText[], to?: string): void {
    const room = this.#rooms.get(session_id)
    const one = to === undefined ? undefined : room?.get(to)
    if (!room || changes.length === 0 || (to !== undefined && !one)) return
    const place = { session_id, timestamp: this.#now() }
    const event = 'presence:changed'
    let made: string[] | undefined
    const root = () =>
      (made ??= changes.map(({ client_id, actor, text }) =>
        withState(rootPacket(event, { event, ...place, client_id, actor, state: null }), text),
      ))
    send(one ? [one] : room.values(), {
      events: root,
      changes: root,
      graph: () =>
        changes.map(({ client_id, actor, text }) =>
          withState(graphPacket(event, { ...place, client_id, actor, state: null }), text),
        ),
    })
  }
}
