import Type, { type Static } from 'typebox'
import { CommandId } from './id.js'
import { Seq } from './seq.js'

/**
 * What to undo or redo: by default the last step of the calling actor. `scope: 'session'` takes the
 * last step of anybody and, like `force`, needs the owner role (rules UNDO1, UNDO3). `last_seq` is the
 * last entry that the caller had seen: a step that was done, undone or redone later is not meant
 * (rule UNDO13).
 */
export const UndoRequest = Type.Object(
  {
    command_id: Type.Optional(CommandId),
    scope: Type.Optional(Type.Union([Type.Literal('actor'), Type.Literal('session')])),
    target_command_id: Type.Optional(CommandId),
    last_seq: Type.Optional(Seq),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type UndoRequest = Static<typeof UndoRequest>

/** Which state to return to (rule HIST3). */
export const RestoreRequest = Type.Object(
  {
    seq: Seq,
    command_id: Type.Optional(CommandId),
    label: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
)
export type RestoreRequest = Static<typeof RestoreRequest>
