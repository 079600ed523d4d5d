import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId } from '../model/id.js'

/** Takes a child from its parent; it becomes the last root. */
export const UnlinkNode = defineCommand({
  type: 'UnlinkNode',
  description: 'Takes a node from its parent and makes it a root.',
  requires: 'editor',
  data: Type.Object({ parent_id: NodeId, child_id: NodeId }, { additionalProperties: false }),
  result: Type.Null(),
  example: { parent_id: 'phase-1', child_id: 'task-1' },
  example_result: null,
})
