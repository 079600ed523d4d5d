import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { Ack } from '../../model/ack.js'
import { SessionId } from '../../model/id.js'
import { UndoRequest } from '../../model/undo-request.js'

/** Undoes the last command of the actor, or of anybody with scope `session` (owner). */
export const UndoCommand = defineClientEvent({
  name: 'undo_command',
  description: 'Undoes the last command of the actor, or of anybody with scope `session` (owner).',
  requires: 'editor',
  scope: 'session',
  ack: Ack,
  payload: Type.Object(
    { session_id: Type.Optional(SessionId), ...UndoRequest.properties },
    { additionalProperties: false },
  ),
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000' },
  example_ack: {
    ok: true,
    command_id: 'cmd-2',
    seq: 8,
    result: null,
    target_command_id: 'cmd-1',
    undo: { status: 'applied', skipped: [] },
  },
})
