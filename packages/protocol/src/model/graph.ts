import Type, { type Static } from 'typebox'
import { NodeId, ProjectId, SessionId, TemplateId } from './id.js'
import { Node } from './node.js'
import { Epoch, Seq } from './seq.js'
import { TemplateDigest } from './template.js'

/** The whole graph of a session at `seq`: `nodes` in pre-order, `roots` in order. */
export const GraphState = Type.Object(
  {
    session_id: SessionId,
    project_id: Type.Union([ProjectId, Type.Null()]),
    template_id: Type.Union([TemplateId, Type.Null()]),
    template_digest: Type.Optional(Type.Union([TemplateDigest, Type.Null()])),
    seq: Seq,
    epoch: Epoch,
    roots: Type.Array(NodeId),
    nodes: Type.Array(Node),
  },
  { description: 'The whole graph of a session' },
)
export type GraphState = Static<typeof GraphState>

/** A node whose `children` are nodes. */
export type TreeNode = Omit<Node, 'children'> & { children: TreeNode[] }

export const TreeNode = Type.Unsafe<TreeNode>(
  Type.Object(
    {
      ...Node.properties,
      children: Type.Array(
        Type.Unsafe<TreeNode>({ type: 'object', description: 'A node of the same shape' }),
      ),
    },
    { description: 'A node; `children` holds nodes of the same shape' },
  ),
)

/** The whole graph of a session, nested. */
export const GraphTree = Type.Object({
  session_id: SessionId,
  project_id: Type.Union([ProjectId, Type.Null()]),
  template_id: Type.Union([TemplateId, Type.Null()]),
  template_digest: Type.Optional(Type.Union([TemplateDigest, Type.Null()])),
  seq: Seq,
  epoch: Epoch,
  roots: Type.Array(TreeNode),
})
export type GraphTree = Static<typeof GraphTree>
