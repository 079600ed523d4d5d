import type { Actor, Entry, ErrorBody, GraphState, JsonValue, Node } from '@talus/protocol'
import type { SharedFields } from './shared-fields.js'

/** Where and when something happened. */
export type Place = { session_id: string; timestamp: string }

/** Where and when a command did something, and whose command it was. */
export type Origin = SharedFields<Place & { command_id: string; actor: Actor }>

/** The place of an entry in the order of its session. */
export type InOrder = { seq: number }

export type PropertyEdit = InOrder & { node_id: string; property_id: string; old_value: JsonValue }

export type Link = InOrder & { parent_id: string; child_id: string }

/** What became of a command; without `seq` it changed nothing. */
export type Outcome = Partial<InOrder> & {
  command_type: string
  result: JsonValue
  label?: string
}

/**
 * How one namespace says what happened: each method gives a Socket.IO packet. The order of the
 * packets is the same everywhere and is decided in `translate.ts`.
 */
export interface Vocabulary {
  executing(origin: Origin, command_type: string): string
  executed(origin: Origin, outcome: Outcome): string
  failed(origin: Origin, failure: { command_type: string; error: ErrorBody }): string
  reverted(origin: Origin, entry: Entry): string
  nodeCreated(origin: Origin, creation: InOrder & { node: Node; index: number }): string
  nodeDeleted(
    origin: Origin,
    deletion: InOrder & { node_id: string; deleted_ids: string[] },
  ): string
  linked(origin: Origin, link: Link & { index: number }): string
  /** `index`: the place among the roots, of a node that is one now. */
  unlinked(origin: Origin, link: Link & { index?: number }): string
  rootMoved(origin: Origin, move: InOrder & { node_id: string; index: number }): string
  propertyChanged(origin: Origin, edit: PropertyEdit & { new_value: JsonValue }): string
  propertyDeleted(origin: Origin, edit: PropertyEdit): string
  loaded(origin: Origin, load: InOrder & { project_id: string; graph: GraphState }): string
  saved(place: Place, project_id: string, saved_seq: number): string
  resync(place: Place, to: { seq: number; epoch: string; reason: string }): string
}
