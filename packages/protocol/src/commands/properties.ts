import Type from 'typebox'
import { defineCommand } from '../define.js'
import { NodeId, PropertyId } from '../model/id.js'
import { JsonValue } from '../model/json.js'

/**
 * Sets a property; `name` renames the node (rule TREE4). With `old_value` the command holds only
 * if that is still the value, else PRECONDITION_FAILED; null stands for no value.
 */
export const UpdateProperty = defineCommand({
  type: 'UpdateProperty',
  description:
    'Sets one property of a node. With `old_value`, only if the property still has that value (null: none), else PRECONDITION_FAILED.',
  requires: 'editor',
  data: Type.Object(
    {
      node_id: NodeId,
      property_id: PropertyId,
      new_value: JsonValue,
      old_value: Type.Optional(JsonValue),
    },
    { additionalProperties: false },
  ),
  result: Type.Null(),
  example: { node_id: 'task-1', property_id: 'status', new_value: 'in-progress' },
  example_result: null,
})

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
