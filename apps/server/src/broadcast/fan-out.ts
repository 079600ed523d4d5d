import type { Steps } from '@talus/graph'
import type { Actor, Role } from '@talus/protocol'
import { wholeText } from '../journal/entry-text.js'
import type { Connection } from './connection.js'
import { encodeInSteps, encodePublication } from './events.js'
import { Packets } from './frames.js'
import {
  type EventEncoder,
  GRAPH_ENCODER,
  MAX_MESSAGE_BYTES,
  ROOT_ENCODER,
  rootPacket,
} from './packets.js'
import type { Publication, SessionContext } from './publication.js'

/** Whose socket it is, how it came, and from where. */
export type MemberOrigin = {
  namespace: '/' | '/graph'
  actor_id: string
  admin: true | undefined
  address: string
}

/** One socket in one session. */
export type Member = {
  client_id: string
  /** Who it is, for the others. */
  actor: Actor
  /** Who it is, and where from, for those who keep account. */
  origin: MemberOrigin
  following: Following
  connection: Pick<Connection, 'send'>
  /** The role that counts now; undefined: there is none, or it has to be looked up first. */
  role: () => Role | undefined
  /** The session is gone: the member is in it no longer. */
  onSessionDeleted: () => void
  /** Another connection of the same actor has come in its place: it goes. */
  onReplaced: () => void
  /** Roles have changed: the member asks whether it may still be there, and goes if not. */
  review: () => Promise<void>
}

/** How a client follows a session: granular events of a namespace, or `session:changes`. */
export type Following = 'events' | 'changes' | 'graph'

/** The packets for each way of following, made when somebody needs them. */
export type PacketsByFollowing = Record<Following, () => string[]>

/** What publications are to those who see all of them. */
export function packetsOf(
  session: SessionContext,
  publications: readonly Publication[],
): PacketsByFollowing {
  const spokenAs = (encoder: EventEncoder) => {
    const packets: string[] = []
    for (const each of publications) packets.push(...encodePublication(session, encoder, each))
    return packets
  }
  return {
    events: () => spokenAs(ROOT_ENCODER),
    graph: () => spokenAs(GRAPH_ENCODER),
    changes: () => [
      ...changesPackets(session, publications),
      ...publications
        .filter((publication) => publication.kind === 'saved')
        .flatMap((publication) => encodePublication(session, ROOT_ENCODER, publication)),
    ],
  }
}

/** What was said as bytes, for each way of following that somebody uses. */
export type Prepared = Partial<Record<Following, Packets>>

type Receiver = { readonly member: Member }

/** Makes what is said into bytes, once for each way of following that somebody uses. */
export function prepareFor(places: Iterable<Receiver>, said: PacketsByFollowing): Prepared {
  const made: Prepared = {}
  for (const { member } of places) {
    const { following } = member
    if (made[following]) continue
    const packets = new Packets(said[following]())
    packets.prepare()
    made[following] = packets
  }
  return made
}

/** Sends what is said; `made` is what there is of it already. */
export function send(
  places: Iterable<Receiver>,
  said: PacketsByFollowing,
  made: Prepared = {},
): void {
  for (const { member } of places) {
    const { following, connection } = member
    const shared = (made[following] ??= new Packets(said[following]()))
    if (shared.list.length > 0) connection.send(shared)
  }
}

/** What is said in one way of following, made in steps. */
function* packetsInSteps(
  following: Following,
  session: SessionContext,
  publications: readonly Publication[],
): Steps<Packets> {
  if (following === 'changes') {
    const packets = new Packets(packetsOf(session, publications).changes())
    packets.prepare()
    return packets
  }
  const encoder = following === 'graph' ? GRAPH_ENCODER : ROOT_ENCODER
  const list: string[] = []
  for (const each of publications) {
    for (const packet of yield* encodeInSteps(session, encoder, each)) list.push(packet)
    yield
  }
  const packets = new Packets(list)
  yield* packets.prepareInSteps()
  return packets
}

/** Says and sends in steps what is about many nodes. */
export function* sendInSteps(
  places: Iterable<Receiver>,
  session: SessionContext,
  publications: readonly Publication[],
): Steps<void> {
  const made: Prepared = {}
  for (const { member } of places) {
    const { following, connection } = member
    const shared = (made[following] ??= yield* packetsInSteps(following, session, publications))
    if (shared.list.length > 0) connection.send(shared)
    yield
  }
}

const OVERHEAD = 256

function framePacket(session_id: string, bodies: readonly string[]): string {
  return `2["session:changes",{"session_id":"${session_id}","entries":[${bodies.join(',')}]}]`
}

type Committed = Extract<Publication, { kind: 'committed' }>

function resync(session: SessionContext, { entry }: Committed): string {
  return rootPacket('resync:required', {
    event: 'resync:required',
    session_id: session.session_id,
    timestamp: entry.timestamp,
    seq: entry.seq,
    epoch: session.epoch,
    reason: 'An entry is larger than may be sent: fetch the graph',
  })
}

/**
 * The entries of one group commit for those who follow `changes`: one frame, or several when they
 * are more than one message may hold. The bodies are those of the journal, not serialised again.
 */
function changesPackets(session: SessionContext, items: readonly Publication[]): string[] {
  const packets: string[] = []
  let bodies: string[] = []
  let size = OVERHEAD
  const close = () => {
    if (bodies.length > 0) packets.push(framePacket(session.session_id, bodies))
    bodies = []
    size = OVERHEAD
  }
  for (const item of items) {
    if (item.kind !== 'committed') continue
    // A character takes a byte at least.
    const body = item.body.length < MAX_MESSAGE_BYTES ? wholeText(item.body) : undefined
    const bytes = body === undefined ? Infinity : Buffer.byteLength(body) + 1
    if (size + bytes > MAX_MESSAGE_BYTES) close()
    if (body === undefined || OVERHEAD + bytes > MAX_MESSAGE_BYTES) {
      packets.push(resync(session, item))
      continue
    }
    bodies.push(body)
    size += bytes
  }
  close()
  return packets
}
