import type {
  Actor,
  Entry,
  EntryKind,
  ErrorBody,
  GraphState,
  JsonValue,
  Node,
} from '@talus/protocol'

/** Where and when something happened. */
export type Place = { session_id: string; timestamp: string }

/** The entry that something comes from. */
export type Origin = Place & { seq: number; command_id: string; actor: Actor }

/** The command that a lifecycle event is about. */
export type About = Place & {
  command_id: string
  command_type: string
  actor: Actor
  seq?: number
}

export type PropertyEdit = { node_id: string; property_id: string; old_value: JsonValue }

/**
 * How one namespace says what happened: each method gives a Socket.IO packet. The order of the
 * packets is the same everywhere and is decided in `translate.ts`.
 */
export interface Vocabulary {
  executing(about: About): string
  executed(about: About, result: JsonValue, label: string | undefined): string
  failed(about: About, error: ErrorBody): string
  reverted(about: About, kind: Exclude<EntryKind, 'do'>, entry: Entry): string
  nodeCreated(origin: Origin, node: Node, index: number): string
  nodeDeleted(origin: Origin, node_id: string, deleted_ids: string[]): string
  linked(origin: Origin, link: { parent_id: string; child_id: string; index: number }): string
  unlinked(origin: Origin, link: { parent_id: string; child_id: string }): string
  propertyChanged(origin: Origin, edit: PropertyEdit & { new_value: JsonValue }): string
  propertyDeleted(origin: Origin, edit: PropertyEdit): string
  loaded(origin: Origin, project_id: string, graph: GraphState): string
  saved(place: Place, project_id: string, saved_seq: number): string
  resync(place: Place, to: { seq: number; epoch: string; reason: string }): string
}
