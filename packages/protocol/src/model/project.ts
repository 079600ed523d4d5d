import Type, { type Static } from 'typebox'
import { GraphState } from './graph.js'
import { BlueprintTypeId, NodeId, ProjectId, PropertyId, SessionId, TemplateId } from './id.js'
import { JsonValue } from './json.js'
import { Seq, Timestamp } from './seq.js'

export const ProjectInfo = Type.Object(
  {
    project_id: ProjectId,
    project_name: Type.String(),
    template_id: Type.Union([TemplateId, Type.Null()]),
    session_id: SessionId,
    created_at: Timestamp,
    saved_at: Type.Union([Timestamp, Type.Null()]),
    saved_seq: Type.Union([Seq, Type.Null()]),
  },
  { description: 'A project: a named graph that can be saved and loaded' },
)
export type ProjectInfo = Static<typeof ProjectInfo>

/** What a project holds that its template no longer declares; kept, but read-only. */
export const Orphans = Type.Object({
  nodes: Type.Array(NodeId),
  properties: Type.Array(Type.Object({ node_id: NodeId, property_id: PropertyId })),
})
export type Orphans = Static<typeof Orphans>

/** Something that a project file does not say in one way, and what was made of it (rule FILE1). */
export const ImportWarning = Type.Object({
  path: Type.String({ description: 'JSON pointer into the file' }),
  reason: Type.String(),
  done: Type.String({ description: 'What the import did' }),
})
export type ImportWarning = Static<typeof ImportWarning>

/** Answer to creating, importing and loading a project. */
export const OpenedProject = Type.Object({
  project_id: ProjectId,
  project_name: Type.String(),
  session_id: SessionId,
  graph: GraphState,
  orphans: Orphans,
  warnings: Type.Optional(
    Type.Array(ImportWarning, {
      description: 'Of an import: where the file is not clear; the first 100 (rule FILE1)',
    }),
  ),
  more_warnings: Type.Optional(
    Type.Integer({ minimum: 0, description: 'How many warnings are not listed' }),
  ),
  duplicate: Type.Optional(
    Type.Literal(true, {
      description:
        'The project was created by an earlier request with this command_id (rule IDEM7)',
    }),
  ),
})
export type OpenedProject = Static<typeof OpenedProject>

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
