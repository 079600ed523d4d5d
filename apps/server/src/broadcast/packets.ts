import type {
  Actor,
  Entry,
  ErrorBody,
  GRAPH_EVENTS,
  GraphPayload,
  GraphState,
  JsonValue,
  Node,
  ROOT_EVENTS,
  RootPayload,
} from '@talus/protocol'

/** Where and when something happened. */
type EventPlace = { session_id: string; timestamp: string }

/** Where and when a command did something, and whose command it was. */
export type EventOrigin = SharedFields<EventPlace & { command_id: string; actor: Actor }>

/** The place of an entry in the order of its session. */
type InOrder = { seq: number }

type PropertyEdit = InOrder & { node_id: string; property_id: string; old_value: JsonValue }

type Link = InOrder & { parent_id: string; child_id: string }

/** What became of a command; without `seq` it changed nothing. */
export type Outcome = Partial<InOrder> & {
  command_type: string
  result: JsonValue
  label?: string
}

/**
 * Encodes what happened as the events of one namespace: each method gives a Socket.IO packet. The order of the
 * packets is the same everywhere and is decided in `events.ts`.
 */
export interface EventEncoder {
  executing(origin: EventOrigin, command_type: string): string
  executed(origin: EventOrigin, outcome: Outcome): string
  failed(origin: EventOrigin, failure: { command_type: string; error: ErrorBody }): string
  reverted(origin: EventOrigin, entry: Entry): string
  nodeCreated(origin: EventOrigin, creation: InOrder & { node: Node; index: number }): string
  nodeDeleted(
    origin: EventOrigin,
    deletion: InOrder & { node_id: string; deleted_ids: string[] },
  ): string
  linked(origin: EventOrigin, link: Link & { index: number }): string
  /** `index`: the place among the roots, of a node that is one now. */
  unlinked(origin: EventOrigin, link: Link & { index?: number }): string
  rootMoved(origin: EventOrigin, move: InOrder & { node_id: string; index: number }): string
  propertyChanged(origin: EventOrigin, edit: PropertyEdit & { new_value: JsonValue }): string
  propertyDeleted(origin: EventOrigin, edit: PropertyEdit): string
  loaded(origin: EventOrigin, load: InOrder & { project_id: string; graph: GraphState }): string
  saved(place: EventPlace, project_id: string, saved_seq: number): string
  resync(place: EventPlace, to: { seq: number; epoch: string; reason: string }): string
}

/** Fields that several messages begin with, serialised once for all of them. */
export class SharedFields<Fields extends object> {
  readonly fields: Fields
  #text: string | undefined

  constructor(fields: Fields) {
    this.fields = fields
  }

  /** As JSON, without the braces. */
  get text(): string {
    this.#text ??= JSON.stringify(this.fields).slice(1, -1)
    return this.#text
  }
}

/** Larger messages are never sent (rule SYNC4). */
export const MAX_MESSAGE_BYTES = 1_000_000

/** What one entry may put on the wire; beyond it clients fetch the graph instead. */
const MAX_ENTRY_BYTES = 4_000_000

/** An event of `/` as a Socket.IO packet. */
export function rootPacket<Name extends keyof typeof ROOT_EVENTS>(
  name: Name,
  payload: RootPayload<Name>,
): string {
  return `2["${name}",${JSON.stringify(payload)}]`
}

/** An event of `/graph` as a Socket.IO packet. */
export function graphPacket<Name extends keyof typeof GRAPH_EVENTS>(
  name: Name,
  payload: GraphPayload<Name>,
): string {
  return `2/graph,["${name}",${JSON.stringify(payload)}]`
}

/**
 * The same of a payload in two parts: what it shares with others, and the rest. The name of the
 * event goes into the payload by itself.
 */
function sharingRootPacket<
  Name extends keyof typeof ROOT_EVENTS,
  Shared extends Partial<RootPayload<Name>>,
>(
  name: Name,
  shared: SharedFields<Shared>,
  rest: Omit<RootPayload<Name>, keyof Shared | 'event'>,
): string {
  return `2["${name}",{"event":"${name}",${shared.text},${JSON.stringify(rest).slice(1)}]`
}

function sharingGraphPacket<
  Name extends keyof typeof GRAPH_EVENTS,
  Shared extends Partial<GraphPayload<Name>>,
>(name: Name, shared: SharedFields<Shared>, rest: Omit<GraphPayload<Name>, keyof Shared>): string {
  return `2/graph,["${name}",{${shared.text},${JSON.stringify(rest).slice(1)}]`
}

/** Packets that may be sent: each below the message limit, all together bounded. */
export class FittingPackets {
  readonly list: string[] = []
  #total = 0

  /** False: this one does not fit any more. */
  add(packet: string): boolean {
    this.#total += packet.length
    if (this.#total > MAX_ENTRY_BYTES || isTooLongPacket(packet)) return false
    this.list.push(packet)
    return true
  }
}

/** Whether it must not be sent. */
export function isTooLongPacket(packet: string): boolean {
  // A UTF-16 unit is at most three bytes: only long packets need counting.
  return packet.length * 3 > MAX_MESSAGE_BYTES && Buffer.byteLength(packet) > MAX_MESSAGE_BYTES
}

/** The events of `/`, as the protocol document names them. */
export const ROOT_ENCODER: EventEncoder = {
  executing: (origin, command_type) =>
    sharingRootPacket('command:executing', origin, { command_type }),
  executed: (origin, outcome) => sharingRootPacket('command:executed', origin, outcome),
  failed: (origin, failure) => sharingRootPacket('command:failed', origin, failure),
  reverted(origin, entry) {
    const { seq, command_type } = entry
    const target_command_id = entry.target_command_id ?? entry.command_id
    const about = new SharedFields({ ...origin.fields, command_id: target_command_id })
    const named = { seq, command_type, target_command_id, entry_command_id: entry.command_id }
    return entry.kind === 'undo'
      ? sharingRootPacket('command:undo', about, named)
      : sharingRootPacket('command:redo', about, named)
  },
  nodeCreated: (origin, creation) => sharingRootPacket('node-created', origin, creation),
  nodeDeleted: (origin, deletion) => sharingRootPacket('node-deleted', origin, deletion),
  linked: (origin, link) => sharingRootPacket('node-linked', origin, link),
  unlinked: (origin, link) => sharingRootPacket('node-unlinked', origin, link),
  rootMoved: (origin, move) => sharingRootPacket('root-moved', origin, move),
  propertyChanged: (origin, edit) => sharingRootPacket('property-changed', origin, edit),
  propertyDeleted: (origin, edit) => sharingRootPacket('property-deleted', origin, edit),
  loaded: (origin, load) => sharingRootPacket('project:loaded', origin, load),
  saved: (place, project_id, saved_seq) =>
    rootPacket('project:saved', { event: 'project:saved', ...place, project_id, saved_seq }),
  resync: (place, to) =>
    rootPacket('resync:required', { event: 'resync:required', ...place, ...to }),
}

/** On `/graph` the result of a command is the id of a created node, else null. */
function createdId(result: JsonValue): string | null {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null
  return typeof result.node_id === 'string' ? result.node_id : null
}

/** The events of `/graph`, as the integration document names them. */
export const GRAPH_ENCODER: EventEncoder = {
  executing: (origin, command_type) =>
    sharingGraphPacket('command:executing', origin, { command_type }),
  executed: (origin, outcome) =>
    sharingGraphPacket('command:executed', origin, {
      ...outcome,
      result: createdId(outcome.result),
    }),
  failed: (origin, { command_type, error: { message, code, error_id } }) =>
    sharingGraphPacket('command:failed', origin, {
      command_type,
      error: message,
      code,
      ...(error_id === undefined ? {} : { error_id }),
    }),
  reverted(origin, entry) {
    const { seq, command_type } = entry
    const target_command_id = entry.target_command_id ?? entry.command_id
    const about = new SharedFields({ ...origin.fields, command_id: target_command_id })
    const named = { seq, command_type, target_command_id, entry_command_id: entry.command_id }
    return sharingGraphPacket(entry.kind === 'undo' ? 'command:undo' : 'command:redo', about, named)
  },
  nodeCreated: (origin, { seq, node, index }) =>
    sharingGraphPacket('graph:node-created', origin, {
      seq,
      node_id: node.id,
      name: node.name,
      blueprint_type_id: node.blueprint_type_id,
      parent_id: node.parent_id,
      properties: node.properties,
      index,
    }),
  nodeDeleted: (origin, deletion) => sharingGraphPacket('graph:node-deleted', origin, deletion),
  linked: (origin, link) => sharingGraphPacket('graph:node-linked', origin, link),
  unlinked: (origin, link) => sharingGraphPacket('graph:node-unlinked', origin, link),
  rootMoved: (origin, move) => sharingGraphPacket('graph:root-moved', origin, move),
  propertyChanged: (origin, edit) => sharingGraphPacket('graph:property-changed', origin, edit),
  propertyDeleted: (origin, edit) => sharingGraphPacket('graph:property-deleted', origin, edit),
  loaded: (origin, load) => sharingGraphPacket('project:loaded', origin, load),
  saved: (place, project_id, saved_seq) =>
    graphPacket('project:saved', { ...place, project_id, saved_seq }),
  resync: (place, to) => graphPacket('resync:required', { ...place, ...to }),
}
