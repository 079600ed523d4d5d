import { defineServerEvent } from '../../define.js'
import { NodeId, PropertyId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { FROM_ENTRY, graphEvent } from '../fields.js'

/** A property was set. `old_value` is null when it did not exist. */
export const GraphPropertyChanged = defineServerEvent({
  name: 'graph:property-changed',
  description: 'A property was set. `old_value` is null when it did not exist.',
  payload: graphEvent({
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    new_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    property_id: 'status',
    old_value: 'not-started',
    new_value: 'in-progress',
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})
