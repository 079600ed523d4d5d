import Type, { type Static } from 'typebox'

/** Position of an entry in its session: gapless, from 1 (rule CMD5). 0 is the empty beginning. */
export const Seq = Type.Integer({ minimum: 0, description: 'Sequence number, gapless from 1' })
export type Seq = Static<typeof Seq>

/** Identity of a session's history; restoring a backup changes it (rule SYNC3). */
export const Epoch = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Epoch of the history',
})
export type Epoch = Static<typeof Epoch>

export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
  description: 'ISO 8601, UTC, with Z',
})
export type Timestamp = Static<typeof Timestamp>

/** Which state of a graph is asked for (rules READ1, HIST1): the present one unless `at_seq` says. */
export const Moment = Type.Object(
  {
    at_seq: Type.Optional(Seq),
    min_seq: Type.Optional(Seq),
  },
  { additionalProperties: false },
)
export type Moment = Static<typeof Moment>
