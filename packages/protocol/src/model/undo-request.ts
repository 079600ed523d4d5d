import Type, { type Static } from 'typebox'
import { CommandId } from './id.js'

/**
 * What to undo or redo: by default the last step of the calling actor. `scope: 'session'` takes the
 * last step of anybody and, like `force`, needs the owner role (rules UNDO1, UNDO3).
 */
export const UndoRequest = Type.Object(
  {
    command_id: Type.Optional(CommandId),
    scope: Type.Optional(Type.Union([Type.Literal('actor'), Type.Literal('session')])),
    target_command_id: Type.Optional(CommandId),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type UndoRequest = Static<typeof UndoRequest>
