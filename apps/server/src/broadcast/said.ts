import type { Steps } from '@talus/graph'
import { changesPackets } from './changes-frames.js'
import { Packets } from './frames.js'
import { GRAPH_VOCABULARY } from './graph-vocabulary.js'
import type { Member } from './member.js'
import type { Publication, SessionContext } from './publication.js'
import { ROOT_VOCABULARY } from './root-vocabulary.js'
import { translate, translateInSteps } from './translate.js'
import type { Vocabulary } from './vocabulary.js'

/** How a client follows a session: granular events of a namespace, or `session:changes`. */
export type Following = 'events' | 'changes' | 'graph'

/** The packets for each way of following, made when somebody needs them. */
export type Said = Record<Following, () => string[]>

/** What publications are to those who see all of them. */
export function spoken(session: SessionContext, publications: readonly Publication[]): Said {
  const spokenAs = (say: Vocabulary) => {
    const packets: string[] = []
    for (const each of publications) packets.push(...translate(session, say, each))
    return packets
  }
  return {
    events: () => spokenAs(ROOT_VOCABULARY),
    graph: () => spokenAs(GRAPH_VOCABULARY),
    changes: () => [
      ...changesPackets(session, publications),
      ...publications
        .filter((publication) => publication.kind === 'saved')
        .flatMap((publication) => translate(session, ROOT_VOCABULARY, publication)),
    ],
  }
}

/** What was said as bytes, for each way of following that somebody uses. */
export type Made = Partial<Record<Following, Packets>>

type Listener = { readonly member: Member }

/** Makes what is said into bytes, once for each way of following that somebody uses. */
export function make(places: Iterable<Listener>, said: Said): Made {
  const made: Made = {}
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
export function send(places: Iterable<Listener>, said: Said, made: Made = {}): void {
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
    const packets = new Packets(spoken(session, publications).changes())
    packets.prepare()
    return packets
  }
  const say = following === 'graph' ? GRAPH_VOCABULARY : ROOT_VOCABULARY
  const list: string[] = []
  for (const each of publications) {
    for (const packet of yield* translateInSteps(session, say, each)) list.push(packet)
    yield
  }
  const packets = new Packets(list)
  yield* packets.prepareInSteps()
  return packets
}

/** Says and sends in steps what is about many nodes. */
export function* sendInSteps(
  places: Iterable<Listener>,
  session: SessionContext,
  publications: readonly Publication[],
): Steps<void> {
  const made: Made = {}
  for (const { member } of places) {
    const { following, connection } = member
    const shared = (made[following] ??= yield* packetsInSteps(following, session, publications))
    if (shared.list.length > 0) connection.send(shared)
    yield
  }
}
