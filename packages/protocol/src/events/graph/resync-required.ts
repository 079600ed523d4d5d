import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { RoleSchema } from '../../model/member.js'
import { Epoch, Seq } from '../../model/seq.js'
import { graphEvent } from '../fields.js'

/**
 * What happened is too large to send: fetch the graph. With `role`: this client has that role now
 * and is shown another graph (rule VIEW5).
 */
export const GraphResyncRequired = defineServerEvent({
  name: 'resync:required',
  description:
    'What happened is too large to send, or this client is shown another graph now: fetch it.',
  payload: graphEvent({
    seq: Seq,
    epoch: Epoch,
    reason: Type.String(),
    role: Type.Optional(RoleSchema),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    seq: 9,
    epoch: 'e-1',
    reason: 'The change is larger than one message may be',
  },
})
