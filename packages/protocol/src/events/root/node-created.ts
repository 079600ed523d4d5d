import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Node } from '../../model/node.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

/** A node was added to the graph. `index` is its place among its siblings. */
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
