import Type, { type Static } from 'typebox'
import { AckFailure } from './ack.js'
import { Change } from './change.js'
import { JsonValue } from './json.js'
import { Seq } from './seq.js'

/** What a command would do to the graph at `seq` (rule CMD7). */
export const PreviewSuccess = Type.Object({
  ok: Type.Literal(true),
  seq: Seq,
  changes: Type.Array(Change),
  result: JsonValue,
})
export type PreviewSuccess = Static<typeof PreviewSuccess>

export const Preview = Type.Union([PreviewSuccess, AckFailure], {
  description: 'The changes or the error that executing now would give',
})
export type Preview = Static<typeof Preview>
