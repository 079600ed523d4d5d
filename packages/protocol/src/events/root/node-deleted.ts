import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { NodeId } from '../../model/id.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

/** A node was removed with everything below it; `deleted_ids` lists all that went. */
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
