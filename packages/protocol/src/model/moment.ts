import Type, { type Static } from 'typebox'
import { Seq } from './seq.js'

/** Which state of a graph is asked for (rules READ1, HIST1): the present one unless `at_seq` says. */
export const Moment = Type.Object(
  {
    at_seq: Type.Optional(Seq),
    min_seq: Type.Optional(Seq),
  },
  { additionalProperties: false },
)
export type Moment = Static<typeof Moment>
