import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { NodeId, PropertyId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { FROM_ENTRY, graphEvent } from '../fields.js'

export const GraphNodeCreated = defineServerEvent({
  name: 'graph:node-created',
  description: 'A node was added to the graph.',
  payload: graphEvent({
    node_id: NodeId,
    name: Type.String(),
    blueprint_type_id: Type.String(),
    parent_id: Type.Union([NodeId, Type.Null()]),
    properties: Type.Record(Type.String(), JsonValue),
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    name: 'Cut the trailer',
    blueprint_type_id: 'task',
    parent_id: 'phase-1',
    properties: {},
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const GraphNodeDeleted = defineServerEvent({
  name: 'graph:node-deleted',
  description: 'A node was removed with everything below it.',
  payload: graphEvent({ node_id: NodeId, deleted_ids: Type.Array(NodeId), ...FROM_ENTRY }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    deleted_ids: ['task-1'],
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const GraphNodeLinked = defineServerEvent({
  name: 'graph:node-linked',
  description: 'A node was put below a parent.',
  payload: graphEvent({
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
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

export const GraphNodeUnlinked = defineServerEvent({
  name: 'graph:node-unlinked',
  description:
    'A node was taken from its parent. `index` is its place among the roots, if it is one now.',
  payload: graphEvent({
    parent_id: NodeId,
    child_id: NodeId,
    index: Type.Optional(Type.Integer({ minimum: 0 })),
    ...FROM_ENTRY,
  }),
  example: {
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
export const GraphRootMoved = defineServerEvent({
  name: 'graph:root-moved',
  description: 'A root was moved among the roots, to `index`.',
  payload: graphEvent({
    node_id: NodeId,
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'phase-1',
    index: 0,
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const GraphPropertyChanged = defineServerEvent({
  name: 'graph:property-changed',
  description: 'A property was set. `old_value` is null when it did not exist.',
  payload: graphEvent({
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    new_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
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

export const GraphPropertyDeleted = defineServerEvent({
  name: 'graph:property-deleted',
  description: 'A property was removed from a node.',
  payload: graphEvent({
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
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
