import { defineClientEvent } from '../../define.js'
import { Preview } from '../../model/preview.js'
import { ExecuteCommand } from './execute-command.js'

/** Answers with the changes or the error that executing now would give; commits nothing. */
export const PreviewCommand = defineClientEvent({
  name: 'preview_command',
  description:
    'Answers with the changes or the error that executing now would give; commits nothing.',
  requires: 'viewer',
  scope: 'session',
  ack: Preview,
  payload: ExecuteCommand.payload,
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    command_type: 'DeleteNode',
    data: { node_id: 'task-1' },
  },
})
