import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId } from '../model/id.js'
import { Position } from '../model/position.js'

/** Gives a root a parent; a node that has one is refused (rule TREE1). */
export const LinkNode = defineCommand({
  type: 'LinkNode',
  description: 'Puts a node without parent below a parent.',
  requires: 'editor',
  data: Type.Object(
    { parent_id: NodeId, child_id: NodeId, position: Type.Optional(Position) },
    { additionalProperties: false },
  ),
  result: Type.Null(),
  example: { parent_id: 'phase-1', child_id: 'task-1' },
  example_result: null,
})
