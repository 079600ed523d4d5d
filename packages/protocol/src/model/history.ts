import Type, { type Static } from 'typebox'
import { AckFailure } from './ack.js'
import { Actor } from './actor.js'
import { Change } from './change.js'
import { EntryKind } from './entry.js'
import { CommandId, NodeId, SessionId } from './id.js'
import { JsonValue } from './json.js'
import { Epoch, Seq, Timestamp } from './seq.js'

const Count = Type.Integer({ minimum: 0 })

/** What an entry did, in numbers. `node_ids`: the nodes that it touched, the first 20 of them. */
export const ChangeSummary = Type.Object({
  added: Count,
  removed: Count,
  moved: Count,
  properties_set: Count,
  replaced: Type.Boolean({ description: 'A project load: the whole graph was replaced' }),
  node_ids: Type.Array(NodeId),
  more_nodes: Type.Boolean(),
})
export type ChangeSummary = Static<typeof ChangeSummary>

/** An entry as a list of changes shows it to people (rule HIST2). */
export const HistoryEntry = Type.Object({
  seq: Seq,
  command_id: CommandId,
  command_type: Type.String(),
  kind: EntryKind,
  target_command_id: Type.Optional(CommandId),
  continues: Type.Optional(CommandId),
  actor: Actor,
  label: Type.Optional(Type.String()),
  timestamp: Timestamp,
  summary: ChangeSummary,
  undone: Type.Boolean(),
  undone_by: Type.Optional(CommandId),
})
export type HistoryEntry = Static<typeof HistoryEntry>

/** `changes`: those of this node; none for a project load. */
export const NodeHistoryEntry = Type.Object({
  ...HistoryEntry.properties,
  changes: Type.Array(Change),
})
export type NodeHistoryEntry = Static<typeof NodeHistoryEntry>

/** Where a page of a history, newest first, belongs and how it goes on (rule HIST2). */
const pageOf = {
  session_id: SessionId,
  epoch: Epoch,
  seq: Seq,
  next_before_seq: Type.Union([Seq, Type.Null()], {
    description: 'The `before_seq` of the next page; null: there is none',
  }),
}

export const HistoryPage = Type.Object({ ...pageOf, entries: Type.Array(HistoryEntry) })
export type HistoryPage = Static<typeof HistoryPage>

export const NodeHistoryPage = Type.Object({
  ...pageOf,
  node_id: NodeId,
  entries: Type.Array(NodeHistoryEntry),
})
export type NodeHistoryPage = Static<typeof NodeHistoryPage>

/** How a history is read: `limit` entries at most, older than `before_seq`. */
export const historyQuery = {
  before_seq: Type.Optional(Type.Integer({ minimum: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
}

/**
 * What a command would do to the graph at `seq` (rule CMD7). `duplicate`: its `command_id` is that
 * of a command that was executed with this payload; `seq` and `result` are what it was answered.
 */
export const PreviewSuccess = Type.Object({
  ok: Type.Literal(true),
  seq: Seq,
  changes: Type.Array(Change),
  result: JsonValue,
  command_id: Type.Optional(CommandId),
  duplicate: Type.Optional(Type.Boolean()),
})
export type PreviewSuccess = Static<typeof PreviewSuccess>

export const Preview = Type.Union([PreviewSuccess, AckFailure], {
  description: 'The changes or the error that executing now would give',
})
export type Preview = Static<typeof Preview>
