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
  example_ack: {
    ok: true,
    seq: 7,
    changes: [
      {
        type: 'node-removed',
        node: {
          id: 'task-1',
          blueprint_type_id: 'task',
          name: 'Cut the trailer',
          parent_id: 'phase-1',
          children: [],
          properties: {},
          created_at: '2026-01-28T15:30:00Z',
        },
        parent_id: 'phase-1',
        index: 0,
      },
    ],
    result: { deleted_ids: ['task-1'] },
  },
})
