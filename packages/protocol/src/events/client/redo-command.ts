import { defineClientEvent } from '../../define.js'
import { Ack } from '../../model/ack.js'
import { UndoCommand } from './undo-command.js'

/** Redoes what the actor undid last. */
export const RedoCommand = defineClientEvent({
  name: 'redo_command',
  description: 'Redoes what the actor undid last.',
  requires: 'editor',
  scope: 'session',
  ack: Ack,
  payload: UndoCommand.payload,
  example: { session_id: '550e8400-e29b-41d4-a716-446655440000' },
  example_ack: {
    ok: true,
    command_id: 'cmd-3',
    seq: 9,
    result: null,
    target_command_id: 'cmd-1',
    undo: { status: 'applied', skipped: [] },
  },
})
