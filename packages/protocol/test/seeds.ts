/**
 * What the two documents promise, copied from them by hand: each event with each of its fields.
 * Nothing here may ever be removed or renamed.
 */
export type Kind = 'string' | 'string|null' | 'number' | 'object' | 'array' | 'any' | 'literal'

export type Promised = { name: string; fields: Record<string, Kind> }

const room = { event: 'literal', session_id: 'string', timestamp: 'string' } as const
const lifecycle = { command_id: 'string', command_type: 'string' } as const
const edge = { parent_id: 'string', child_id: 'string' } as const

/** Server events of the protocol reference, namespace `/`. */
export const ROOT_PROMISED: Promised[] = [
  {
    name: 'joined',
    fields: { session_id: 'string', client_id: 'string', active_clients: 'number' },
  },
  { name: 'left', fields: { session_id: 'string', client_id: 'string' } },
  { name: 'pong', fields: {} },
  { name: 'error', fields: { message: 'string' } },
  { name: 'session:connected', fields: { ...room, client_id: 'string' } },
  { name: 'session:disconnected', fields: { ...room, client_id: 'string' } },
  { name: 'node-created', fields: { ...room, node: 'object' } },
  { name: 'node-deleted', fields: { ...room, node_id: 'string' } },
  {
    name: 'property-changed',
    fields: {
      ...room,
      node_id: 'string',
      property_id: 'string',
      old_value: 'any',
      new_value: 'any',
    },
  },
  { name: 'node-linked', fields: { ...room, ...edge } },
  { name: 'node-unlinked', fields: { ...room, ...edge } },
  { name: 'command:executing', fields: { ...room, ...lifecycle } },
  { name: 'command:executed', fields: { ...room, ...lifecycle, result: 'any' } },
  { name: 'command:failed', fields: { ...room, ...lifecycle, error: 'object' } },
  { name: 'command:undo', fields: { ...room, ...lifecycle } },
  { name: 'command:redo', fields: { ...room, ...lifecycle } },
]

/** The `node` of `node-created` on `/`. */
export const NODE_PROMISED: Promised['fields'] = {
  id: 'string',
  blueprint_type_id: 'string',
  parent_id: 'string|null',
  properties: 'object',
  children: 'array',
}

/** The `error` of `command:failed` on `/`. */
export const FAILURE_PROMISED: Promised['fields'] = { code: 'string', message: 'string' }

/** Events that clients send on `/`. */
export const CLIENT_PROMISED: Promised[] = [
  { name: 'join_session', fields: { session_id: 'string' } },
  { name: 'leave_session', fields: { session_id: 'string' } },
  { name: 'ping', fields: {} },
]

const stamped = { timestamp: 'string' } as const

/** Server events of the integration examples, namespace `/graph`; each gets a timestamp. */
export const GRAPH_PROMISED: Promised[] = [
  {
    name: 'graph:node-created',
    fields: {
      ...stamped,
      node_id: 'string',
      name: 'string',
      blueprint_type_id: 'string',
      parent_id: 'string|null',
    },
  },
  { name: 'graph:node-deleted', fields: { ...stamped, node_id: 'string' } },
  { name: 'graph:node-linked', fields: { ...stamped, ...edge } },
  { name: 'graph:node-unlinked', fields: { ...stamped, ...edge } },
  {
    name: 'graph:property-changed',
    fields: {
      ...stamped,
      node_id: 'string',
      property_id: 'string',
      old_value: 'any',
      new_value: 'any',
    },
  },
  {
    name: 'graph:property-deleted',
    fields: { ...stamped, node_id: 'string', property_id: 'string' },
  },
  { name: 'command:executing', fields: { ...stamped, ...lifecycle } },
  { name: 'command:executed', fields: { ...stamped, ...lifecycle, result: 'string|null' } },
  { name: 'command:failed', fields: { ...stamped, ...lifecycle, error: 'string' } },
  { name: 'command:undo', fields: { ...stamped, command_id: 'string' } },
  { name: 'command:redo', fields: { ...stamped, command_id: 'string' } },
  {
    name: 'session:connected',
    fields: { ...stamped, session_id: 'string', client_count: 'number' },
  },
  {
    name: 'session:disconnected',
    fields: { ...stamped, session_id: 'string', client_count: 'number' },
  },
  { name: 'project:saved', fields: { ...stamped, project_id: 'string' } },
  { name: 'project:loaded', fields: { ...stamped, project_id: 'string', graph: 'object' } },
]
