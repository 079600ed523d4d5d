import { defineServerEvent } from '../../define.js'
import { NodeId } from '../../model/id.js'
import { FROM_ENTRY, graphEvent } from '../fields.js'

/** A node was taken from its parent. */
export const GraphNodeUnlinked = defineServerEvent({
  name: 'graph:node-unlinked',
  description: 'A node was taken from its parent.',
  payload: graphEvent({ parent_id: NodeId, child_id: NodeId, ...FROM_ENTRY }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    parent_id: 'phase-1',
    child_id: 'task-1',
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})
