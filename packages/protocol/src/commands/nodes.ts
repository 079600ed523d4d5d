import Type from 'typebox'
import { defineCommand } from '../define.js'
import { BlueprintTypeId, NodeId, PropertyId } from '../model/id.js'
import { JsonValue } from '../model/json.js'
import { Position } from '../model/node.js'

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
