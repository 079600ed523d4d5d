import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { NodeId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { FROM_ENTRY, graphEvent } from '../fields.js'

/** A node was added to the graph. */
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
