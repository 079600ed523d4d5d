import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { Ack } from '../../model/ack.js'
import { Preview } from '../../model/history.js'
import { CommandId, SessionId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { UndoRequest } from '../../model/undo-request.js'
import { SESSION_ID, TIME } from '../fields.js'

/**
 * Executes a command in a session. `continues` is the first command of a run of edits that are to be
 * one undo step (rule UNDO14). On `/graph` the session defaults to the one of the handshake.
 */
export const ExecuteCommand = defineClientEvent({
  name: 'execute_command',
  description:
    'Executes a command in a session. On `/graph` the session defaults to the one of the handshake.',
  requires: 'editor',
  scope: 'session',
  ack: Ack,
  payload: Type.Object(
    {
      session_id: Type.Optional(SessionId),
      command_id: Type.Optional(CommandId),
      command_type: Type.String({ minLength: 1, maxLength: 128 }),
      data: JsonValue,
      label: Type.Optional(Type.String({ maxLength: 256 })),
      continues: Type.Optional(CommandId),
    },
    { additionalProperties: false },
  ),
  example: {
    session_id: SESSION_ID,
    command_type: 'UpdateProperty',
    data: { node_id: 'task-1', property_id: 'status', new_value: 'in-progress' },
  },
  example_ack: { ok: true, command_id: 'cmd-1', seq: 7, result: null },
})

export const PreviewCommand = defineClientEvent({
  name: 'preview_command',
  description:
    'Answers with the changes or the error that executing now would give; commits nothing.',
  requires: 'viewer',
  scope: 'session',
  ack: Preview,
  payload: ExecuteCommand.payload,
  example: {
    session_id: SESSION_ID,
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
          created_at: TIME,
        },
        parent_id: 'phase-1',
        index: 0,
      },
    ],
    result: { deleted_ids: ['task-1'] },
  },
})

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
  example: { session_id: SESSION_ID },
  example_ack: {
    ok: true,
    command_id: 'cmd-2',
    seq: 8,
    result: null,
    target_command_id: 'cmd-1',
    undo: { status: 'applied', skipped: [] },
  },
})

export const RedoCommand = defineClientEvent({
  name: 'redo_command',
  description: 'Redoes what the actor undid last.',
  requires: 'editor',
  scope: 'session',
  ack: Ack,
  payload: UndoCommand.payload,
  example: { session_id: SESSION_ID },
  example_ack: {
    ok: true,
    command_id: 'cmd-3',
    seq: 9,
    result: null,
    target_command_id: 'cmd-1',
    undo: { status: 'applied', skipped: [] },
  },
})
