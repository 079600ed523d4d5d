import Type, { type Static } from 'typebox'
import { NodeId } from './id.js'

const strict = { additionalProperties: false }

/**
 * Where among its siblings a node goes; the end when absent. An anchor that is gone falls back to
 * the end, an index beyond the end is the end (rule ORD1).
 */
export const Position = Type.Union(
  [
    Type.Object({ at: Type.Union([Type.Literal('start'), Type.Literal('end')]) }, strict),
    Type.Object({ before: NodeId }, strict),
    Type.Object({ after: NodeId }, strict),
    Type.Object({ index: Type.Integer({ minimum: 0 }) }, strict),
  ],
  { description: 'Place among the siblings: at start or end, before or after one, or an index' },
)
export type Position = Static<typeof Position>
