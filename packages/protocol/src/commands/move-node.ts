import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId } from '../model/id.js'
import { Position } from '../model/position.js'

/** Moves a node with its subtree, or reorders it among its siblings (rules MOVE1, ORD1). */
export const MoveNode = defineCommand({
  type: 'MoveNode',
  description: 'Moves a node to a parent (null: the roots) and a place among its children.',
  requires: 'editor',
  data: Type.Object(
    {
      node_id: NodeId,
      parent_id: Type.Union([NodeId, Type.Null()]),
      position: Type.Optional(Position),
    },
    { additionalProperties: false },
  ),
  result: Type.Null(),
  example: { node_id: 'task-1', parent_id: 'phase-2', position: { at: 'start' } },
  example_result: null,
})
