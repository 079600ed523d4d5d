import Type from 'typebox'
import { defineCommand } from '../define.js'
import { JsonValue } from '../model/json.js'

/** How many commands one batch may hold. */
export const MAX_BATCH = 10_000

/** All or nothing, one entry, one undo step; a batch holds no batch (rule CMD6). */
export const Batch = defineCommand({
  type: 'Batch',
  description: 'Executes several commands as one; later ones may use ids that earlier ones create.',
  requires: 'editor',
  data: Type.Object(
    {
      commands: Type.Array(
        Type.Object(
          { command_type: Type.String(), data: JsonValue },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: MAX_BATCH },
      ),
      label: Type.Optional(Type.String({ maxLength: 256 })),
    },
    { additionalProperties: false },
  ),
  result: Type.Object({ results: Type.Array(JsonValue) }),
  example: {
    label: 'Plan the phase',
    commands: [
      {
        command_type: 'CreateNode',
        data: { blueprint_type_id: 'task', name: 'Storyboard', node_id: 'task-2' },
      },
      { command_type: 'LinkNode', data: { parent_id: 'phase-1', child_id: 'task-2' } },
    ],
  },
  example_result: { results: [{ node_id: 'task-2' }, null] },
})
