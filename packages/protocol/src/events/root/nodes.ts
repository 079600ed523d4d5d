import Type from 'typebox'
import { NodeId, PropertyId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { Node } from '../../model/node.js'
import { BY_ENTRY, FROM_ENTRY, TIME, roomEvent } from '../fields.js'

export const NodeCreated = roomEvent({
  name: 'node-created',
  description: 'A node was added to the graph. `index` is its place among its siblings.',
  fields: {
    node: Node,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  },
  example: {
    node: {
      id: 'task-1',
      blueprint_type_id: 'task',
      name: 'Cut the trailer',
      parent_id: 'phase-1',
      properties: {},
      children: [],
      created_at: TIME,
    },
    index: 0,
    ...BY_ENTRY,
  },
})

export const NodeDeleted = roomEvent({
  name: 'node-deleted',
  description: 'A node was removed with everything below it; `deleted_ids` lists all that went.',
  fields: {
    node_id: NodeId,
    deleted_ids: Type.Array(NodeId),
    ...FROM_ENTRY,
  },
  example: {
    node_id: 'task-1',
    deleted_ids: ['task-1'],
    ...BY_ENTRY,
  },
})

export const NodeLinked = roomEvent({
  name: 'node-linked',
  description: 'A node was put below a parent, at `index` among its children.',
  fields: {
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  },
  example: {
    parent_id: 'phase-1',
    child_id: 'task-1',
    index: 0,
    ...BY_ENTRY,
  },
})

export const NodeUnlinked = roomEvent({
  name: 'node-unlinked',
  description:
    'A node was taken from its parent. `index` is its place among the roots, if it is one now.',
  fields: {
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Optional(Type.Integer({ minimum: 0 })),
    ...FROM_ENTRY,
  },
  example: {
    parent_id: 'phase-1',
    child_id: 'task-1',
    index: 0,
    ...BY_ENTRY,
  },
})

/** A root was moved among the roots, to `index` (rule MOVE2). */
export const RootMoved = roomEvent({
  name: 'root-moved',
  description: 'A root was moved among the roots, to `index`.',
  fields: {
    node_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  },
  example: {
    node_id: 'phase-1',
    index: 0,
    ...BY_ENTRY,
  },
})

export const PropertyChanged = roomEvent({
  name: 'property-changed',
  description: 'A property was set. `old_value` is null when it did not exist.',
  fields: {
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    new_value: JsonValue,
    ...FROM_ENTRY,
  },
  example: {
    node_id: 'task-1',
    property_id: 'status',
    old_value: 'not-started',
    new_value: 'in-progress',
    ...BY_ENTRY,
  },
})

export const PropertyDeleted = roomEvent({
  name: 'property-deleted',
  description: 'A property was removed from a node.',
  fields: {
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    ...FROM_ENTRY,
  },
  example: {
    node_id: 'task-1',
    property_id: 'due_date',
    old_value: '2026-02-01',
    ...BY_ENTRY,
  },
})
