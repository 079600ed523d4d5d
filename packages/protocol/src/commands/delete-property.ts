import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId, PropertyId } from '../model/id.js'

/** Removes a property of a node, also one that its template no longer declares. */
export const DeleteProperty = defineCommand({
  type: 'DeleteProperty',
  description: 'Removes one property of a node.',
  requires: 'editor',
  data: Type.Object({ node_id: NodeId, property_id: PropertyId }, { additionalProperties: false }),
  result: Type.Null(),
  example: { node_id: 'task-1', property_id: 'due_date' },
  example_result: null,
})
