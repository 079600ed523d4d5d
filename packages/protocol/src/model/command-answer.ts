import Type, { type Static } from 'typebox'
import { AckSuccess } from './ack.js'

/** The answer of REST to a command: the acknowledgement, and `success` as clients know it. */
export const CommandAnswer = Type.Object({
  success: Type.Literal(true),
  ...AckSuccess.properties,
})
export type CommandAnswer = Static<typeof CommandAnswer>
