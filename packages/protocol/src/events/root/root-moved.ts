import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { NodeId } from '../../model/id.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

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
