import { finish, NODES_PER_STEP, type Steps } from '@talus/graph'
import type {
  Change,
  Entry,
  GraphState,
  JsonValue,
  Node,
  NodeMoved,
  NodeRemoved,
  PropertySet,
} from '@talus/protocol'
import {
  type EventEncoder,
  type EventOrigin,
  FittingPackets,
  isTooLongPacket,
  MAX_MESSAGE_BYTES,
  type Outcome,
  SharedFields,
} from './packets.js'
import type { CommandRef, Publication, SessionContext } from './publication.js'

function originOf({ session_id }: SessionContext, command: CommandRef | Entry): EventOrigin {
  const { command_id, actor, timestamp } = command
  return new SharedFields({ session_id, timestamp, command_id, actor })
}

type EntryContext = {
  session: SessionContext
  encoder: EventEncoder
  origin: EventOrigin
  seq: number
  project_id: string
}

/** What a move shows as: enough to keep every list of siblings in order, the roots too (MOVE2). */
function moved({ encoder, origin, seq }: EntryContext, change: NodeMoved): string[] {
  const { node_id: child_id, from, to } = change
  const { index } = to
  if (to.parent_id === null) {
    return from.parent_id === null
      ? [encoder.rootMoved(origin, { seq, node_id: child_id, index })]
      : [encoder.unlinked(origin, { seq, parent_id: from.parent_id, child_id, index })]
  }
  const linked = encoder.linked(origin, { seq, parent_id: to.parent_id, child_id, index })
  if (from.parent_id === null) return [linked]
  return [encoder.unlinked(origin, { seq, parent_id: from.parent_id, child_id }), linked]
}

function propertySet({ encoder, origin, seq }: EntryContext, change: PropertySet): string {
  const { node_id, property_id, old_value = null, new_value } = change
  if (new_value === undefined) {
    return encoder.propertyDeleted(origin, { seq, node_id, property_id, old_value })
  }
  return encoder.propertyChanged(origin, { seq, node_id, property_id, old_value, new_value })
}

/** The project that a load names in its result, else the session's own. */
function projectOf(session: SessionContext, { result }: Entry): string {
  const named = typeof result === 'object' && result !== null && 'project_id' in result
  return named && typeof result.project_id === 'string'
    ? result.project_id
    : (session.project_id ?? '')
}

function effect(context: EntryContext, change: Effect): string[] {
  const { session, encoder, origin, seq, project_id } = context
  switch (change.type) {
    case 'node-added':
      return [encoder.nodeCreated(origin, { seq, node: change.node, index: change.index })]
    case 'subtree-removed': {
      const { node_id, deleted_ids } = change
      return [encoder.nodeDeleted(origin, { seq, node_id, deleted_ids })]
    }
    case 'node-moved':
      return moved(context, change)
    case 'property-set':
      return [propertySet(context, change)]
    case 'graph-replaced': {
      const graph = graphState(session, seq, change.nodes)
      return [encoder.loaded(origin, { seq, project_id, graph })]
    }
    default:
      return change satisfies never
  }
}

function isLoad({ changes }: Entry): boolean {
  return changes.some((change) => change.type === 'graph-replaced')
}

/** A load speaks for itself; commands end in `executed`, undo and redo in their own event. */
function closing(encoder: EventEncoder, entry: Entry, origin: EventOrigin): string[] {
  if (isLoad(entry)) return []
  if (entry.kind !== 'do') return [encoder.reverted(origin, entry)]
  return [executed(encoder, entry, origin)]
}

/** A result that would make the message too long is left out of it (rule SYNC4). */
function executed(encoder: EventEncoder, entry: Entry, origin: EventOrigin): string {
  const { seq, command_type, changes, result = null, label } = entry
  const tell = (told: JsonValue) =>
    encoder.executed(origin, labelled({ seq, command_type, result: told }, label))
  if (changes.length <= NODES_PER_STEP) return tell(result)
  const packet = isTooLong(result) ? undefined : tell(result)
  return packet === undefined || isTooLongPacket(packet) ? tell(null) : packet
}

/** Whether a value certainly makes a message too long; to write 4 MB to find out takes 30 ms. */
function isTooLong(value: JsonValue): boolean {
  let left = MAX_MESSAGE_BYTES
  const open = [Object.values({ value })]
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    for (const one of list) {
      // A character takes a byte at least, and anything takes two with what separates it.
      left -= typeof one === 'string' ? one.length + 3 : 2
      if (left < 0) return true
      if (typeof one === 'object' && one !== null) open.push(Object.values(one))
    }
  }
  return false
}

function labelled(outcome: Outcome, label: string | undefined): Outcome {
  return label === undefined ? outcome : { ...outcome, label }
}

/** All that is said of an entry; undefined, as soon as it shows, when that is too much to be sent. */
function* encodeEntry(context: EntryContext, entry: Entry): Steps<string[] | undefined> {
  const packets = new FittingPackets()
  let said = 0
  const { changes } = entry
  const isLong = changes.length > NODES_PER_STEP
  for (const change of areEffects(changes) ? changes : yield* effectsOf(changes)) {
    if (++said % NODES_PER_STEP === 0) yield
    if (isLong && change.type === 'subtree-removed' && isTooLong(change.deleted_ids))
      return undefined
    for (const packet of effect(context, change)) if (!packets.add(packet)) return undefined
  }
  // What was said of a large deletion took a step already; its result is as long.
  if (isLong) yield
  for (const packet of closing(context.encoder, entry, context.origin)) {
    if (!packets.add(packet)) return undefined
  }
  return packets.list
}

/** Room for the names around the nodes of a load. */
const AROUND_NODES = 100

/** Whether a load is certainly too long to be sent: no namespace needs to write it to find out. */
function isTooLongLoad({ entry, body }: Committed): boolean {
  if (body.length <= MAX_MESSAGE_BYTES || !isLoad(entry)) return false
  const { changes: _, ...rest } = entry
  const nodes = body.length - JSON.stringify(rest).length - AROUND_NODES
  // A character takes a byte at least.
  return nodes > MAX_MESSAGE_BYTES
}

function* committed(
  session: SessionContext,
  encoder: EventEncoder,
  publication: Committed,
): Steps<string[]> {
  const { entry, announced } = publication
  const { seq, timestamp } = entry
  const origin = originOf(session, entry)
  const isAnnounced = announced || entry.kind !== 'do' || isLoad(entry)
  const before = isAnnounced ? [] : [encoder.executing(origin, entry.command_type)]
  const context = { session, encoder, origin, seq, project_id: projectOf(session, entry) }
  const packets = isTooLongLoad(publication) ? undefined : yield* encodeEntry(context, entry)
  if (packets) return [...before, ...packets]
  yield
  const reason = 'The change is larger than may be sent: fetch the graph'
  const place = { session_id: session.session_id, timestamp }
  const resync = encoder.resync(place, { seq, epoch: session.epoch, reason })
  return [...before, resync, ...closing(encoder, entry, origin)]
}

type Committed = Extract<Publication, { kind: 'committed' }>
type Ended = Extract<Publication, { kind: 'unchanged' | 'failed' }>

/** What is said of a command that committed nothing. */
function ended(session: SessionContext, encoder: EventEncoder, publication: Ended): string[] {
  const { command, announced } = publication
  const { command_type, label } = command
  const origin = originOf(session, command)
  const before = announced ? [] : [encoder.executing(origin, command_type)]
  if (publication.kind === 'failed') {
    return [...before, encoder.failed(origin, { command_type, error: publication.error })]
  }
  const outcome = labelled({ command_type, result: publication.result }, label)
  return [...before, encoder.executed(origin, outcome)]
}

/** What one publication is in the words of one namespace: packets in their order (rule CMD2). */
export function encodePublication(
  session: SessionContext,
  encoder: EventEncoder,
  publication: Publication,
): string[] {
  switch (publication.kind) {
    case 'executing': {
      const { command } = publication
      return [encoder.executing(originOf(session, command), command.command_type)]
    }
    case 'committed':
      return finish(committed(session, encoder, publication))
    case 'unchanged':
    case 'failed':
      return ended(session, encoder, publication)
    case 'saved': {
      const { project_id, saved_seq, timestamp } = publication
      return [encoder.saved({ session_id: session.session_id, timestamp }, project_id, saved_seq)]
    }
    default:
      return publication satisfies never
  }
}

/** The same in steps. */
export function* encodeInSteps(
  session: SessionContext,
  encoder: EventEncoder,
  publication: Publication,
): Steps<string[]> {
  return publication.kind === 'committed'
    ? yield* committed(session, encoder, publication)
    : encodePublication(session, encoder, publication)
}

/** A subtree that went away: its top and everything that went with it, top first. */
type Deletion = { type: 'subtree-removed'; node_id: string; deleted_ids: string[] }

type Effect = Exclude<Change, NodeRemoved> | Deletion

/** The top of the removed subtree that each node is in. A child is removed before its parent. */
function* topsOf(run: readonly NodeRemoved[]): Steps<Map<string, string>> {
  const tops = new Map<string, string>()
  for (let i = run.length - 1; i >= 0; i -= 1) {
    if (i % NODES_PER_STEP === 0) yield
    const { node, parent_id } = run[i] as NodeRemoved
    tops.set(node.id, (parent_id === null ? undefined : tops.get(parent_id)) ?? node.id)
  }
  return tops
}

function* deletions(run: readonly NodeRemoved[]): Steps<Deletion[]> {
  const tops = yield* topsOf(run)
  const groups = new Map<string, string[]>()
  for (const [n, { node }] of run.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const top = tops.get(node.id) ?? node.id
    const group = groups.get(top)
    if (group) group.push(node.id)
    else groups.set(top, [node.id])
  }
  return [...groups].map(([node_id, ids]) => ({
    type: 'subtree-removed',
    node_id,
    deleted_ids: ids.reverse(),
  }))
}

function isOther(change: Change): change is Exclude<Change, NodeRemoved> {
  return change.type !== 'node-removed'
}

/** Whether no node is removed: then the changes are the effects. */
function areEffects(
  changes: readonly Change[],
): changes is readonly Exclude<Change, NodeRemoved>[] {
  return changes.every(isOther)
}

/** The changes of an entry with each removed subtree as one effect (rule DEL1). */
function* effectsOf(changes: readonly Change[]): Steps<readonly Effect[]> {
  const effects: Effect[] = []
  let run: NodeRemoved[] = []
  for (const change of changes) {
    if (change.type === 'node-removed') {
      run.push(change)
      continue
    }
    if (run.length > 0) for (const deletion of yield* deletions(run)) effects.push(deletion)
    run = []
    effects.push(change)
  }
  if (run.length > 0) for (const deletion of yield* deletions(run)) effects.push(deletion)
  return effects
}

/** The whole graph of a session as REST and `project:loaded` show it. */
function graphState(session: SessionContext, seq: number, nodes: Node[]): GraphState {
  return {
    session_id: session.session_id,
    project_id: session.project_id,
    template_id: session.template_id,
    template_digest: session.template_digest,
    seq,
    epoch: session.epoch,
    roots: nodes.filter((node) => node.parent_id === null).map((node) => node.id),
    nodes,
  }
}
