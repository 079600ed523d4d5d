import Type from 'typebox'
import { defineCommand } from '../define.js'
import { BlueprintTypeId, NodeId, PropertyId } from '../model/id.js'
import { JsonValue } from '../model/json.js'
import { Position } from '../model/position.js'

/** A new node, with the defaults of its blueprint (rules ID1, TREE2, TREE3). */
export const CreateNode = defineCommand({
  type: 'CreateNode',
  description: 'Creates a node below a parent, or as a root.',
  requires: 'editor',
  data: Type.Object(
    {
      blueprint_type_id: BlueprintTypeId,
      name: Type.Optional(Type.String({ maxLength: 4096 })),
      parent_id: Type.Optional(Type.Union([NodeId, Type.Null()])),
      node_id: Type.Optional(NodeId),
      position: Type.Optional(Position),
      properties: Type.Optional(
        Type.Record(PropertyId, JsonValue, { additionalProperties: false }),
      ),
    },
    { additionalProperties: false },
  ),
  result: Type.Object({ node_id: NodeId }),
  example: { blueprint_type_id: 'task', name: 'Cut the trailer', parent_id: 'phase-1' },
  example_result: { node_id: 'task-1' },
})
