import Type, { type Static } from 'typebox'
import { GraphState } from './graph.js'
import { NodeId, ProjectId, PropertyId, SessionId, TemplateId } from './id.js'
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

/** Answer to creating, importing and loading a project. */
export const OpenedProject = Type.Object({
  project_id: ProjectId,
  project_name: Type.String(),
  session_id: SessionId,
  graph: GraphState,
  orphans: Orphans,
})
export type OpenedProject = Static<typeof OpenedProject>
