import type { Entry, NodeMoved, PropertySet } from '@talus/protocol'
import { effectsOf, type Effect } from './deletions.js'
import { graphState } from './graph-state.js'
import { FittingPackets } from './packets.js'
import type { CommandRef, Publication, SessionContext } from './publication.js'
import type { About, Origin, Vocabulary } from './vocabulary.js'

function about(session: SessionContext, command: CommandRef): About {
  const { command_id, command_type, actor, timestamp } = command
  return { session_id: session.session_id, command_id, command_type, actor, timestamp }
}

function moved(say: Vocabulary, origin: Origin, change: NodeMoved): string[] {
  const { node_id: child_id, from, to } = change
  const packets: string[] = []
  if (from.parent_id !== null) {
    packets.push(say.unlinked(origin, { parent_id: from.parent_id, child_id }))
  }
  if (to.parent_id !== null) {
    packets.push(say.linked(origin, { parent_id: to.parent_id, child_id, index: to.index }))
  }
  return packets
}

function propertySet(say: Vocabulary, origin: Origin, change: PropertySet): string {
  const { node_id, property_id, new_value } = change
  const edit = { node_id, property_id, old_value: change.old_value ?? null }
  if (new_value === undefined) return say.propertyDeleted(origin, edit)
  return say.propertyChanged(origin, { ...edit, new_value })
}

type Scene = { session: SessionContext; say: Vocabulary; origin: Origin; project_id: string }

/** The project that a load names in its result, else the session's own. */
function projectOf(session: SessionContext, { result }: Entry): string {
  const named = typeof result === 'object' && result !== null && 'project_id' in result
  return named && typeof result.project_id === 'string'
    ? result.project_id
    : (session.project_id ?? '')
}

function effect({ session, say, origin, project_id }: Scene, change: Effect): string[] {
  switch (change.type) {
    case 'node-added':
      return [say.nodeCreated(origin, change.node, change.index)]
    case 'subtree-removed':
      return [say.nodeDeleted(origin, change.node_id, change.deleted_ids)]
    case 'node-moved':
      return moved(say, origin, change)
    case 'property-set':
      return [propertySet(say, origin, change)]
    case 'graph-replaced': {
      const graph = graphState(session, origin.seq, change.nodes)
      return [say.loaded(origin, project_id, graph)]
    }
    default:
      return change satisfies never
  }
}

/** A load speaks for itself; commands end in `executed`, undo and redo in their own event. */
function closing(say: Vocabulary, entry: Entry, origin: Origin): string[] {
  if (entry.changes.some((change) => change.type === 'graph-replaced')) return []
  const named = { ...origin, command_type: entry.command_type }
  if (entry.kind === 'do') return [say.executed(named, entry.result ?? null, entry.label)]
  const target = { ...named, command_id: entry.target_command_id ?? entry.command_id }
  return [say.reverted(target, entry.kind, entry)]
}

/** All that is said of an entry; undefined, as soon as it shows, when that is too much to be sent. */
function told(scene: Scene, entry: Entry): string[] | undefined {
  const packets = new FittingPackets()
  for (const change of effectsOf(entry.changes)) {
    for (const packet of effect(scene, change)) if (!packets.add(packet)) return undefined
  }
  for (const packet of closing(scene.say, entry, scene.origin)) {
    if (!packets.add(packet)) return undefined
  }
  return packets.list
}

function committed(session: SessionContext, say: Vocabulary, entry: Entry): string[] {
  const { seq, command_id, actor, timestamp } = entry
  const origin = { session_id: session.session_id, seq, command_id, actor, timestamp }
  const scene = { session, say, origin, project_id: projectOf(session, entry) }
  const packets = told(scene, entry)
  if (packets) return packets
  const reason = 'The change is larger than may be sent: fetch the graph'
  const place = { session_id: session.session_id, timestamp }
  return [say.resync(place, { seq, epoch: session.epoch, reason }), ...closing(say, entry, origin)]
}

function announcement(session: SessionContext, say: Vocabulary, entry: Entry): string[] {
  const loads = entry.changes.some((change) => change.type === 'graph-replaced')
  return entry.kind === 'do' && !loads ? [say.executing(about(session, entry))] : []
}

/** What one publication is in the words of one namespace: packets in their order (rule CMD2). */
export function translate(
  session: SessionContext,
  say: Vocabulary,
  publication: Publication,
): string[] {
  switch (publication.kind) {
    case 'executing':
      return [say.executing(about(session, publication.command))]
    case 'committed': {
      const { entry, announced } = publication
      const before = announced ? [] : announcement(session, say, entry)
      return [...before, ...committed(session, say, entry)]
    }
    case 'unchanged': {
      const { command, result, announced } = publication
      const named = about(session, command)
      const before = announced ? [] : [say.executing(named)]
      return [...before, say.executed(named, result, command.label)]
    }
    case 'failed': {
      const named = about(session, publication.command)
      const before = publication.announced ? [] : [say.executing(named)]
      return [...before, say.failed(named, publication.error)]
    }
    case 'saved': {
      const { project_id, saved_seq, timestamp } = publication
      return [say.saved({ session_id: session.session_id, timestamp }, project_id, saved_seq)]
    }
    default:
      return publication satisfies never
  }
}
