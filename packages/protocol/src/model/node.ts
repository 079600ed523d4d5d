import Type, { type Static } from 'typebox'
import { BlueprintTypeId, NodeId } from './id.js'
import { JsonObject, JsonValue } from './json.js'
import { Timestamp } from './seq.js'

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

/**
 * How an imported file wrote what the server normalises; lets an export equal its import.
 * `name` is the name at import; `named` whether the node had a `name` key; `name_property` the
 * value of its `name` property, which the file may keep beside the name.
 */
export const NodeOrigin = Type.Object(
  {
    name: Type.String(),
    named: Type.Boolean(),
    name_property: Type.Optional(JsonValue),
    dated: Type.Optional(Type.Boolean()),
  },
  { description: 'How the imported file wrote this node' },
)
export type NodeOrigin = Static<typeof NodeOrigin>

/** One node of the tree. `children` is ordered. */
export const Node = Type.Object(
  {
    id: NodeId,
    blueprint_type_id: BlueprintTypeId,
    name: Type.String(),
    parent_id: Type.Union([NodeId, Type.Null()]),
    children: Type.Array(NodeId),
    properties: Type.Record(Type.String(), JsonValue),
    created_at: Timestamp,
    metadata: Type.Optional(JsonValue),
    extra: Type.Optional(JsonObject),
    origin: Type.Optional(NodeOrigin),
  },
  {
    description:
      'A node of the tree. `extra` holds keys of an imported file that are kept, not interpreted.',
  },
)
export type Node = Static<typeof Node>
