import Type, { type Static } from 'typebox'
import { NodeId, ProjectId, SessionId, TemplateId } from './id.js'
import { Node } from './node.js'
import { Epoch, Seq } from './seq.js'

/** The whole graph of a session at `seq`: `nodes` in pre-order, `roots` in order. */
export const GraphState = Type.Object(
  {
    session_id: SessionId,
    project_id: Type.Union([ProjectId, Type.Null()]),
    template_id: Type.Union([TemplateId, Type.Null()]),
    seq: Seq,
    epoch: Epoch,
    roots: Type.Array(NodeId),
    nodes: Type.Array(Node),
  },
  { description: 'The whole graph of a session' },
)
export type GraphState = Static<typeof GraphState>
