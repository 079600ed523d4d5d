import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId } from '../model/id.js'

/** Removes a node and everything below it in one commit (rule DEL1). */
export const DeleteNode = defineCommand({
  type: 'DeleteNode',
  description: 'Deletes a node with its whole subtree.',
  requires: 'editor',
  data: Type.Object({ node_id: NodeId }, { additionalProperties: false }),
  result: Type.Object({ deleted_ids: Type.Array(NodeId) }),
  example: { node_id: 'task-1' },
  example_result: { deleted_ids: ['task-1'] },
})
