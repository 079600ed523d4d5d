import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { AckFailure } from '../../model/ack.js'
import { SessionId } from '../../model/id.js'
import { Left } from '../root/left.js'

/** Leaves a session on `/`. */
export const LeaveSession = defineClientEvent({
  name: 'leave_session',
  description: 'Leaves a session on `/`.',
  requires: 'viewer',
  scope: 'open',
  ack: Type.Union([
    Type.Intersect([Type.Object({ ok: Type.Literal(true) }), Left.payload]),
    AckFailure,
  ]),
  payload: Type.Object(
    {
      session_id: SessionId,
    },
    { additionalProperties: false },
  ),
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000' },
  example_ack: { ok: true, ...Left.example },
})
