import { defineServerEvent } from '../../define.js'
import { NodeId, PropertyId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

/** A property was removed from a node. */
export const PropertyDeleted = defineServerEvent({
  name: 'property-deleted',
  description: 'A property was removed from a node.',
  payload: roomEvent('property-deleted', {
    node_id: NodeId,
    property_id: PropertyId,
    old_value: JsonValue,
    ...FROM_ENTRY,
  }),
  example: {
    event: 'property-deleted',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    node_id: 'task-1',
    property_id: 'due_date',
    old_value: '2026-02-01',
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})
