import type { Steps } from '@talus/graph'
import type { ErrorBody, Participant, Role } from '@talus/protocol'
import type { Audit } from '../observability/audit.js'
import type { Instruments } from '../observability/metrics.js'
import type { PresenceText } from '../presence/room.js'
import { type ArrivalNotice, Arrivals } from './arrivals.js'
import {
  publishByView,
  publishByViewInSteps,
  refreshView,
  type RoomMember,
  type ShownView,
} from './views.js'
import { Packets } from './frames.js'
import { type Member, packetsOf, type Prepared, prepareFor, send, sendInSteps } from './fan-out.js'
import { graphPacket, rootPacket } from './packets.js'
import type { Publication, SessionContext } from './publication.js'

type Room = Map<string, RoomMember>

/** Somebody who comes in. */
type Joiner = Pick<Member, 'client_id' | 'origin'>

type Pace = ConstructorParameters<typeof Arrivals>[0]

/** The clients of other servers, and how those hear of the clients of this one. */
export type Neighbours = {
  count(session_id: string): number
  participants(session_id: string): Iterable<Participant>
  find(session_id: string, client_id: string): RemoteClient | undefined
  /** `client`: who came. */
  tellArrival(session_id: string, notice: ArrivalNotice, client?: RemoteClient): void
  tellReplaced(session_id: string, client_id: string): void
}

/** A client as other servers know it. */
export type RemoteClient = {
  session_id: string
  client_id: string
  namespace: '/' | '/graph'
  /** Whose connection it is, whoever it acts as; the same of all connections of somebody. */
  owner: string
  actor: Member['actor']
}

type HubServices = {
  /** Absent: there are no other servers. */
  neighbours?: Neighbours | undefined
  /** The time that events bear, ISO 8601 in UTC. */
  now: () => string
  audit: Pick<Audit, 'did'>
  instruments: Pick<Instruments, 'publishSeconds' | 'publicationClients'>
  pace?: Pace
}

/** Everything is told at once. */
const AT_ONCE: Pace = { after: (_ms, work) => work(), mayWrite: () => true }

/** What an entry of a list of participants takes beside its texts: names of fields and marks. */
const ENTRY_CHARS = 48

/** How a packet of presence ends whose state, its last field, is null. */
const NO_STATE = 'null}]'

/** What is kept of a presence beside this is nobody's business. */
function shownOf({ client_id, actor, replaces }: Omit<PresenceText, 'text'>) {
  return replaces === undefined ? { client_id, actor } : { client_id, actor, replaces }
}

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
  /** Those on `/` who have proven to be somebody, by actor and client. */
  readonly #connected = new Map<string, Map<string, Member['connection']>>()
  readonly #services: HubServices
  readonly #now: () => string
  readonly #arrivals: Arrivals

  constructor(services: HubServices) {
    this.#services = services
    this.#now = services.now
    const { pace = AT_ONCE } = services
    this.#arrivals = new Arrivals(pace, (session_id, told) => this.#announceAll(session_id, told))
  }

  /**
   * Adds the member, or changes how it follows; `view` is how it is shown the session. False when
   * it was there already (rule JOIN4).
   */
  join(session_id: string, member: Member, view: ShownView): boolean {
    const room: Room = this.#rooms.get(session_id) ?? new Map()
    this.#rooms.set(session_id, room)
    const isNew = !room.has(member.client_id)
    room.set(member.client_id, { member, view })
    if (isNew) this.#account('session.joined', session_id, member)
    return isNew
  }

  /** Removes the member. False when it was not there. */
  leave(session_id: string, client_id: string): boolean {
    const room = this.#rooms.get(session_id)
    const place = room?.get(client_id)
    if (!room || !place) return false
    room.delete(client_id)
    this.#account('session.left', session_id, place.member)
    if (room.size === 0) {
      this.#rooms.delete(session_id)
      this.#arrivals.forget(session_id)
    }
    return true
  }

  has(session_id: string, client_id: string): boolean {
    return this.#rooms.get(session_id)?.has(client_id) ?? false
  }

  /** A member that another connection of the same actor may take the place of (rule JOIN8). */
  lost(
    session_id: string,
    client_id: string | undefined,
    { client_id: own, origin }: Joiner,
  ): Pick<Member, 'client_id' | 'onReplaced'> | undefined {
    if (client_id === undefined || client_id === own) return undefined
    const { neighbours } = this.#services
    const isSame = (namespace: string, actor_id: string) =>
      namespace === origin.namespace && actor_id === origin.actor_id
    const known = this.#rooms.get(session_id)?.get(client_id)?.member
    if (known) return isSame(known.origin.namespace, known.origin.actor_id) ? known : undefined
    const remote = neighbours?.find(session_id, client_id)
    if (!remote || !isSame(remote.namespace, remote.owner)) return undefined
    return { client_id, onReplaced: () => neighbours?.tellReplaced(session_id, client_id) }
  }

  /** Another server has a client now that was here. */
  replace(session_id: string, client_id: string): void {
    this.#rooms.get(session_id)?.get(client_id)?.member.onReplaced()
  }

  /** Everybody who is on this server. */
  *clients(): Generator<RemoteClient> {
    for (const [session_id, room] of this.#rooms)
      for (const { member } of room.values()) yield remoteOf(session_id, member)
  }

  /** Who is in the session: as many as fit into so many characters of JSON, roughly. */
  participants(session_id: string, most: number): Participant[] {
    const participants: Participant[] = []
    let left = most
    for (const { client_id, actor } of this.#everybody(session_id)) {
      left -= ENTRY_CHARS + client_id.length + actor.id.length + (actor.name?.length ?? 0)
      if (left < 0) break
      participants.push({ client_id, actor })
    }
    return participants
  }

  /** How many clients are in the session, over both namespaces and all servers. */
  count(session_id: string): number {
    return this.#countHere(session_id) + (this.#services.neighbours?.count(session_id) ?? 0)
  }

  #countHere(session_id: string): number {
    return this.#rooms.get(session_id)?.size ?? 0
  }

  /** Whether clients of this server are in the session. */
  isOccupied(session_id: string): boolean {
    return this.#rooms.has(session_id)
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
      this.#account('session.left', session_id, member)
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
    if (place && rules) refreshView(place, { ...session, rules }, this.#now)
  }

  prepare(session: SessionContext, publications: readonly Publication[]): Prepared | undefined {
    const room = this.#rooms.get(session.session_id)
    if (!room || session.rules?.hideSomething) return undefined
    const began = performance.now()
    const made = prepareFor(room.values(), packetsOf(session, publications))
    this.#published(began)
    return made
  }

  relay(session: SessionContext, publications: readonly Publication[]): void {
    this.publish(session, publications)
  }

  publish(session: SessionContext, publications: readonly Publication[], made?: Prepared): void {
    const room = this.#rooms.get(session.session_id)
    this.#services.instruments.publicationClients.observe(room?.size ?? 0)
    if (!room) return
    const began = performance.now()
    const { rules } = session
    if (rules?.hideSomething) {
      const what = { session: { ...session, rules }, publications }
      publishByView(room.values(), what, this.#now)
    } else send(room.values(), packetsOf(session, publications), made)
    // What was prepared is timed already.
    if (!made) this.#published(began)
  }

  *publishInSteps(session: SessionContext, publications: readonly Publication[]): Steps<void> {
    // Who comes later has the state that this leads to already.
    const room = [...(this.#rooms.get(session.session_id)?.values() ?? [])]
    this.#services.instruments.publicationClients.observe(room.length)
    const { rules } = session
    if (!rules?.hideSomething) return yield* sendInSteps(room, session, publications)
    const what = { session: { ...session, rules }, publications }
    yield* publishByViewInSteps(room, what, this.#now)
  }

  #published(began: number): void {
    this.#services.instruments.publishSeconds.observe((performance.now() - began) / 1_000)
  }

  #account(
    act: 'session.joined' | 'session.left',
    session_id: string,
    { client_id, origin }: Member,
  ): void {
    const { namespace: door, ...who } = origin
    this.#services.audit.did(act, { door, ...who, client_id, session_id })
  }

  /** Tells the session that a client of this server came or went. */
  announce(session_id: string, told: ArrivalNotice): void {
    this.announceHere(session_id, told)
    const { neighbours } = this.#services
    if (!neighbours) return
    const come = this.#rooms.get(session_id)?.get(told.client_id)
    neighbours.tellArrival(session_id, told, come && remoteOf(session_id, come.member))
  }

  /** The same to the clients of this server, of a client of any. */
  announceHere(session_id: string, told: ArrivalNotice): void {
    const clients = this.#countHere(session_id)
    if (clients > 0) this.#arrivals.announce(session_id, told, clients)
  }

  *#everybody(session_id: string): Generator<Participant> {
    for (const { member } of this.#rooms.get(session_id)?.values() ?? []) yield member
    yield* this.#services.neighbours?.participants(session_id) ?? []
  }

  #announceAll(session_id: string, told: readonly ArrivalNotice[]): void {
    const room = this.#rooms.get(session_id)
    if (!room) return
    const active_clients = this.count(session_id)
    const place = { session_id, timestamp: this.#now() }
    const root = () =>
      told.map(({ event, client_id, ...who }) => {
        const said = { ...place, client_id, active_clients }
        return event === 'session:connected'
          ? rootPacket(event, { event, ...said, ...who })
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

  /**
   * Tells the session that somebody has another role, or none. Whoever it is finds out by `review`
   * what they may do now, by other ways as well; where they are not in the session, they are told too.
   */
  showRole(session_id: string, actor_id: string, role: Role | null): void {
    const said = { session_id, timestamp: this.#now(), actor_id, role }
    const event = 'permissions:changed'
    const root = () => [rootPacket(event, { event, ...said })]
    const room = this.#rooms.get(session_id)
    const isOneself = ({ member: { origin } }: RoomMember) =>
      origin.namespace === '/' && origin.actor_id === actor_id
    send(
      [...(room?.values() ?? [])].filter((place) => !isOneself(place)),
      {
        events: root,
        changes: root,
        graph: () => [graphPacket(event, said)],
      },
    )
    for (const [client_id, connection] of this.#connected.get(actor_id) ?? []) {
      if (!room?.has(client_id)) connection.send(new Packets(root()))
    }
  }

  /** A client on `/` has proven to be somebody: it is told of its roles in any session. */
  connect(actor_id: string, client_id: string, connection: Member['connection']): void {
    const connected = this.#connected.get(actor_id) ?? new Map()
    this.#connected.set(actor_id, connected.set(client_id, connection))
  }

  disconnect(actor_id: string, client_id: string): void {
    const connected = this.#connected.get(actor_id)
    connected?.delete(client_id)
    if (connected?.size === 0) this.#connected.delete(actor_id)
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
      (made ??= changes.map(({ text, ...who }) =>
        withState(rootPacket(event, { event, ...place, ...shownOf(who), state: null }), text),
      ))
    send(one ? [one] : room.values(), {
      events: root,
      changes: root,
      graph: () =>
        changes.map(({ text, ...who }) =>
          withState(graphPacket(event, { ...place, ...shownOf(who), state: null }), text),
        ),
    })
  }
}

function remoteOf(session_id: string, { client_id, actor, origin }: Member): RemoteClient {
  const { namespace, actor_id: owner } = origin
  return { session_id, client_id, namespace, owner, actor }
}

/** What the dispatcher knows of broadcasting. It never throws and never waits. */
export interface Broadcaster {
  /**
   * Makes what will be published, if nothing comes between, into bytes ahead of it. Undefined: that
   * depends on who is there then.
   */
  prepare(session: SessionContext, publications: readonly Publication[]): Prepared | undefined
  /** `made`: what was prepared of the same publications. */
  publish(session: SessionContext, publications: readonly Publication[], made?: Prepared): void
  /** The same in steps, to those who are there when it begins. */
  publishInSteps(session: SessionContext, publications: readonly Publication[]): Steps<void>
  /** Publishes what another server has told: nobody else is told of it. */
  relay(session: SessionContext, publications: readonly Publication[]): void
}
