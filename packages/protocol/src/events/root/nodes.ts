import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { NodeId, PropertyId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { Node } from '../../model/node.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

export const NodeCreated = defineServerEvent({
  name: 'node-created',
  description: 'A node was added to the graph. `index` is its place among its siblings.',
  payload: roomEvent('node-created', {
    node: Node,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
    event: 'node-created',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node: {
      id: 'task-1',
      blueprint_type_id: 'task',
      name: 'Cut the trailer',
      parent_id: 'phase-1',
      properties: {},
      children: [],
      created_at: '2026-01-28T15:30:00Z',
    },
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const NodeDeleted = defineServerEvent({
  name: 'node-deleted',
  description: 'A node was removed with everything below it; `deleted_ids` lists all that went.',
  payload: roomEvent('node-deleted', {
    node_id: NodeId,
    deleted_ids: Type.Array(NodeId),
    ...FROM_ENTRY,
  }),
  example: {
    event: 'node-deleted',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    deleted_ids: ['task-1'],
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const NodeLinked = defineServerEvent({
  name: 'node-linked',
  description: 'A node was put below a parent, at `index` among its children.',
  payload: roomEvent('node-linked', {
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
    event: 'node-linked',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    parent_id: 'phase-1',
    child_id: 'task-1',
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const NodeUnlinked = defineServerEvent({
  name: 'node-unlinked',
  description:
    'A node was taken from its parent. `index` is its place among the roots, if it is one now.',
  payload: roomEvent('node-unlinked', {
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Optional(Type.Integer({ minimum: 0 })),
    ...FROM_ENTRY,
  }),
  example: {
    event: 'node-unlinked',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    parent_id: 'phase-1',
    child_id: 'task-1',
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

/** A root was moved among the roots, to `index` (rule MOVE2). */
export const RootMoved = defineServerEvent({
  name: 'root-moved',
  description: 'A root was moved among the roots, to `index`.',
  payload: roomEvent('root-moved', {
    node_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
    event: 'root-moved',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'phase-1',
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const PropertyChanged = defineServerEvent({
  name: 'property-changed',
  description: 'A property was set. `old_value` is null when it did not exist.',
  payload: roomEvent('property-changed', {
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    new_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
    event: 'property-changed',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    property_id: 'status',
    old_value: 'not-started',
    new_value: 'in-progress',
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const PropertyDeleted = defineServerEvent({
  name: 'property-deleted',
  description: 'A property was removed from a node.',
  payload: roomEvent('property-deleted', {
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
    event: 'property-deleted',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    property_id: 'due_date',
    old_value: '2026-02-01',
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})
