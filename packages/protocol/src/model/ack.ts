import Type, { type Static } from 'typebox'
import { ErrorBody } from './failure.js'
import { ActorId, CommandId, NodeId, PropertyId } from './id.js'
import { JsonValue } from './json.js'
import { Seq } from './seq.js'

/** Why an undo left something alone (rule UNDO3). */
export const SkipReason = Type.Union([
  Type.Literal('superseded'),
  Type.Literal('edited'),
  Type.Literal('filled'),
  Type.Literal('moved'),
  Type.Literal('gone'),
  Type.Literal('parent-gone'),
  Type.Literal('cycle'),
])
export type SkipReason = Static<typeof SkipReason>

/** `by` and `seq` name the actor and the entry that stand in the way. */
export const Skipped = Type.Object({
  node_id: NodeId,
  property_id: Type.Optional(PropertyId),
  reason: SkipReason,
  by: Type.Optional(ActorId),
  seq: Type.Optional(Seq),
})
export type Skipped = Static<typeof Skipped>

export const UndoOutcome = Type.Object({
  status: Type.Union([Type.Literal('applied'), Type.Literal('partial'), Type.Literal('noop')]),
  skipped: Type.Array(Skipped),
})
export type UndoOutcome = Static<typeof UndoOutcome>

/** A command was executed. `seq` is null when it changed nothing (rule CMD4). */
export const AckSuccess = Type.Object({
  ok: Type.Literal(true),
  command_id: CommandId,
  seq: Type.Union([Seq, Type.Null()]),
  result: JsonValue,
  duplicate: Type.Optional(Type.Boolean()),
  target_command_id: Type.Optional(CommandId),
  undo: Type.Optional(UndoOutcome),
})
export type AckSuccess = Static<typeof AckSuccess>

/** Something was refused; nothing changed. */
export const AckFailure = Type.Object({
  ok: Type.Literal(false),
  command_id: Type.Optional(CommandId),
  error: ErrorBody,
})
export type AckFailure = Static<typeof AckFailure>

/** The answer to `execute_command`, `undo_command` and `redo_command`. */
export const Ack = Type.Union([AckSuccess, AckFailure], { description: 'Answer to a command' })
export type Ack = Static<typeof Ack>

/** The answer of REST to a command: the acknowledgement, and `success` as clients know it. */
export const CommandAnswer = Type.Object({
  success: Type.Literal(true),
  ...AckSuccess.properties,
})
export type CommandAnswer = Static<typeof CommandAnswer>
