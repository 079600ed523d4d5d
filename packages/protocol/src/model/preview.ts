import Type, { type Static } from 'typebox'
import { AckFailure } from './ack.js'
import { Change } from './change.js'
import { CommandId } from './id.js'
import { JsonValue } from './json.js'
import { Seq } from './seq.js'

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
