import Type, { type Static } from 'typebox'
import { Actor } from './actor.js'
import { Change } from './change.js'
import { CommandId } from './id.js'
import { JsonValue } from './json.js'
import { Seq, Timestamp } from './seq.js'

export const EntryKind = Type.Union([
  Type.Literal('do'),
  Type.Literal('undo'),
  Type.Literal('redo'),
])
export type EntryKind = Static<typeof EntryKind>

/**
 * One committed command: the unit of the journal, of replay and of the `changes` stream.
 * `continues` is the command whose undo step it is part of (rule UNDO14).
 */
export const Entry = Type.Object(
  {
    seq: Seq,
    command_id: CommandId,
    command_type: Type.String(),
    kind: EntryKind,
    target_command_id: Type.Optional(CommandId),
    continues: Type.Optional(CommandId),
    actor: Actor,
    label: Type.Optional(Type.String()),
    timestamp: Timestamp,
    changes: Type.Array(Change),
    result: Type.Optional(JsonValue),
  },
  { description: 'One committed command' },
)
export type Entry = Static<typeof Entry>
