import Type, { type Static } from 'typebox'
import { BlueprintTypeId, NodeId } from './id.js'
import { JsonValue } from './json.js'

/** A node of a project file. Keys that are not listed are kept as they are. */
export const DocumentNode = Type.Object({
  id: NodeId,
  type: BlueprintTypeId,
  name: Type.Optional(Type.String()),
  properties: Type.Optional(Type.Record(Type.String(), JsonValue)),
  children: Type.Optional(Type.Array(NodeId)),
  metadata: Type.Optional(JsonValue),
  created_at: Type.Optional(Type.String()),
})
export type DocumentNode = Static<typeof DocumentNode>

/** A project file of the existing application. Keys that are not listed are kept as they are. */
export const ProjectDocument = Type.Object(
  {
    graph: Type.Object({
      id: Type.Optional(Type.String()),
      template_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      nodes: Type.Array(DocumentNode),
    }),
    template_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  { description: 'A project file: nodes with ordered child ids, and what views keep beside them' },
)
export type ProjectDocument = Static<typeof ProjectDocument>
