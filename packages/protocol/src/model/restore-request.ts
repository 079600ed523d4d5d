import Type, { type Static } from 'typebox'
import { CommandId } from './id.js'
import { Seq } from './seq.js'

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
