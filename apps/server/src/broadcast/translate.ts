import { finish, NODES_PER_STEP, type Steps } from '@talus/graph'
import type { Entry, NodeMoved, PropertySet } from '@talus/protocol'
import { areEffects, effectsOf, type Effect } from './deletions.js'
import { graphState } from './graph-state.js'
import { FittingPackets } from './packets.js'
import type { CommandRef, Publication, SessionContext } from './publication.js'
import { SharedFields } from './shared-fields.js'
import type { Origin, Outcome, Vocabulary } from './vocabulary.js'

function originOf({ session_id }: SessionContext, command: CommandRef | Entry): Origin {
  const { command_id, actor, timestamp } = command
  return new SharedFields({ session_id, timestamp, command_id, actor })
}

type Scene = {
  session: SessionContext
  say: Vocabulary
  origin: Origin
  seq: number
  project_id: string
}

/** What a move shows as: enough to keep every list of siblings in order, the roots too (MOVE2). */
function moved({ say, origin, seq }: Scene, change: NodeMoved): string[] {
  const { node_id: child_id, from, to } = change
  const { index } = to
  if (to.parent_id === null) {
    return from.parent_id === null
      ? [say.rootMoved(origin, { seq, node_id: child_id, index })]
      : [say.unlinked(origin, { seq, parent_id: from.parent_id, child_id, index })]
  }
  const linked = say.linked(origin, { seq, parent_id: to.parent_id, child_id, index })
  if (from.parent_id === null) return [linked]
  return [say.unlinked(origin, { seq, parent_id: from.parent_id, child_id }), linked]
}

function propertySet({ say, origin, seq }: Scene, change: PropertySet): string {
  const { node_id, property_id, old_value = null, new_value } = change
  if (new_value === undefined) {
    return say.propertyDeleted(origin, { seq, node_id, property_id, old_value })
  }
  return say.propertyChanged(origin, { seq, node_id, property_id, old_value, new_value })
}

/** The project that a load names in its result, else the session's own. */
function projectOf(session: SessionContext, { result }: Entry): string {
  const named = typeof result === 'object' && result !== null && 'project_id' in result
  return named && typeof result.project_id === 'string'
    ? result.project_id
    : (session.project_id ?? '')
}

function effect(scene: Scene, change: Effect): string[] {
  const { session, say, origin, seq, project_id } = scene
  switch (change.type) {
    case 'node-added':
      return [say.nodeCreated(origin, { seq, node: change.node, index: change.index })]
    case 'subtree-removed': {
      const { node_id, deleted_ids } = change
      return [say.nodeDeleted(origin, { seq, node_id, deleted_ids })]
    }
    case 'node-moved':
      return moved(scene, change)
    case 'property-set':
      return [propertySet(scene, change)]
    case 'graph-replaced': {
      const graph = graphState(session, seq, change.nodes)
      return [say.loaded(origin, { seq, project_id, graph })]
    }
    default:
      return change satisfies never
  }
}

function isLoad({ changes }: Entry): boolean {
  return changes.some((change) => change.type === 'graph-replaced')
}

/** A load speaks for itself; commands end in `executed`, undo and redo in their own event. */
function closing(say: Vocabulary, entry: Entry, origin: Origin): string[] {
  if (isLoad(entry)) return []
  if (entry.kind !== 'do') return [say.reverted(origin, entry)]
  const { seq, command_type, result = null, label } = entry
  return [say.executed(origin, labelled({ seq, command_type, result }, label))]
}

function labelled(outcome: Outcome, label: string | undefined): Outcome {
  return label === undefined ? outcome : { ...outcome, label }
}

/** All that is said of an entry; undefined, as soon as it shows, when that is too much to be sent. */
function* told(scene: Scene, entry: Entry): Steps<string[] | undefined> {
  const packets = new FittingPackets()
  let said = 0
  const { changes } = entry
  for (const change of areEffects(changes) ? changes : yield* effectsOf(changes)) {
    if (++said % NODES_PER_STEP === 0) yield
    for (const packet of effect(scene, change)) if (!packets.add(packet)) return undefined
  }
  for (const packet of closing(scene.say, entry, scene.origin)) {
    if (!packets.add(packet)) return undefined
  }
  return packets.list
}

function* committed(
  session: SessionContext,
  say: Vocabulary,
  publication: Committed,
): Steps<string[]> {
  const { entry, announced } = publication
  const { seq, timestamp } = entry
  const origin = originOf(session, entry)
  const isAnnounced = announced || entry.kind !== 'do' || isLoad(entry)
  const before = isAnnounced ? [] : [say.executing(origin, entry.command_type)]
  const scene = { session, say, origin, seq, project_id: projectOf(session, entry) }
  const packets = yield* told(scene, entry)
  if (packets) return [...before, ...packets]
  const reason = 'The change is larger than may be sent: fetch the graph'
  const place = { session_id: session.session_id, timestamp }
  const resync = say.resync(place, { seq, epoch: session.epoch, reason })
  return [...before, resync, ...closing(say, entry, origin)]
}

type Committed = Extract<Publication, { kind: 'committed' }>
type Ended = Extract<Publication, { kind: 'unchanged' | 'failed' }>

/** What is said of a command that committed nothing. */
function ended(session: SessionContext, say: Vocabulary, publication: Ended): string[] {
  const { command, announced } = publication
  const { command_type, label } = command
  const origin = originOf(session, command)
  const before = announced ? [] : [say.executing(origin, command_type)]
  if (publication.kind === 'failed') {
    return [...before, say.failed(origin, { command_type, error: publication.error })]
  }
  const outcome = labelled({ command_type, result: publication.result }, label)
  return [...before, say.executed(origin, outcome)]
}

/** What one publication is in the words of one namespace: packets in their order (rule CMD2). */
export function translate(
  session: SessionContext,
  say: Vocabulary,
  publication: Publication,
): string[] {
  switch (publication.kind) {
    case 'executing': {
      const { command } = publication
      return [say.executing(originOf(session, command), command.command_type)]
    }
    case 'committed':
      return finish(committed(session, say, publication))
    case 'unchanged':
    case 'failed':
      return ended(session, say, publication)
    case 'saved': {
      const { project_id, saved_seq, timestamp } = publication
      return [say.saved({ session_id: session.session_id, timestamp }, project_id, saved_seq)]
    }
    default:
      return publication satisfies never
  }
}

/** The same in steps. */
export function* translateInSteps(
  session: SessionContext,
  say: Vocabulary,
  publication: Publication,
): Steps<string[]> {
  return publication.kind === 'committed'
    ? yield* committed(session, say, publication)
    : translate(session, say, publication)
}
