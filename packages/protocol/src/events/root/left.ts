import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { SessionId } from '../../model/id.js'

/** Answer to `leave_session`, to the leaver only. */
export const Left = defineServerEvent({
  name: 'left',
  description: 'Answer to `leave_session`, to the leaver only.',
  payload: Type.Object({ session_id: SessionId, client_id: Type.String() }),
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000', client_id: 'socket-client-id' },
})
