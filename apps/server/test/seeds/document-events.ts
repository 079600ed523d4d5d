/** A type that the documents show for a field. */
export type FieldType =
  | 'text'
  | 'text or null'
  | 'count'
  | 'object'
  | 'list'
  | 'time'
  | 'anything'
  | { readonly [field: string]: FieldType }

export type Fields = { readonly [field: string]: FieldType }

const ROOM = { event: 'text', session_id: 'text', timestamp: 'time' } as const
const COMMAND = { ...ROOM, command_id: 'text', command_type: 'text' } as const
const LINK = { ...ROOM, parent_id: 'text', child_id: 'text' } as const

/** The events of the protocol document, section by section, with the fields that it shows. */
export const ROOT_TABLE: Record<string, Fields> = {
  joined: { session_id: 'text', client_id: 'text', active_clients: 'count' },
  left: { session_id: 'text', client_id: 'text' },
  error: { message: 'text' },
  'session:connected': { ...ROOM, client_id: 'text' },
  'session:disconnected': { ...ROOM, client_id: 'text' },
  'node-created': {
    ...ROOM,
    node: {
      id: 'text',
      blueprint_type_id: 'text',
      parent_id: 'text or null',
      properties: 'object',
      children: 'list',
    },
  },
  'node-deleted': { ...ROOM, node_id: 'text' },
  'property-changed': {
    ...ROOM,
    node_id: 'text',
    property_id: 'text',
    old_value: 'anything',
    new_value: 'anything',
  },
  'node-linked': LINK,
  'node-unlinked': LINK,
  'command:executing': COMMAND,
  'command:executed': { ...COMMAND, result: 'anything' },
  'command:failed': { ...COMMAND, error: { code: 'text', message: 'text' } },
  'command:undo': COMMAND,
  'command:redo': COMMAND,
}

/** What version 1.1 adds on `/`. */
export const ROOT_ADDED = [
  'root-moved',
  'permissions:changed',
  'property-deleted',
  'project:saved',
  'project:loaded',
  'resync:required',
  'session:changes',
  'presence:changed',
  'pong',
]

const STAMPED = { timestamp: 'time' } as const
const GRAPH_LINK = { ...STAMPED, parent_id: 'text', child_id: 'text' } as const
const GRAPH_COMMAND = { ...STAMPED, command_id: 'text', command_type: 'text' } as const
const COUNTED = { ...STAMPED, session_id: 'text', client_count: 'count' } as const

/** The events of the integration document, as its broadcaster emits them. */
export const GRAPH_TABLE: Record<string, Fields> = {
  'graph:node-created': {
    ...STAMPED,
    node_id: 'text',
    name: 'text',
    blueprint_type_id: 'text',
    parent_id: 'text or null',
  },
  'graph:node-deleted': { ...STAMPED, node_id: 'text' },
  'graph:node-linked': GRAPH_LINK,
  'graph:node-unlinked': GRAPH_LINK,
  'graph:property-changed': {
    ...STAMPED,
    node_id: 'text',
    property_id: 'text',
    old_value: 'anything',
    new_value: 'anything',
  },
  'graph:property-deleted': { ...STAMPED, node_id: 'text', property_id: 'text' },
  'command:executing': GRAPH_COMMAND,
  'command:executed': { ...GRAPH_COMMAND, result: 'text or null' },
  'command:failed': { ...GRAPH_COMMAND, error: 'text' },
  'command:undo': { ...STAMPED, command_id: 'text' },
  'command:redo': { ...STAMPED, command_id: 'text' },
  'session:connected': COUNTED,
  'session:disconnected': COUNTED,
  'project:saved': { ...STAMPED, project_id: 'text' },
  'project:loaded': { ...STAMPED, project_id: 'text', graph: 'object' },
}

/** What version 1.1 adds on `/graph`. */
export const GRAPH_ADDED = [
  'permissions:changed',
  'resync:required',
  'presence:changed',
  'graph:root-moved',
  'session:guest',
]

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/

function is(value: unknown, type: FieldType): boolean {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  switch (type) {
    case 'text':
      return typeof value === 'string' && value !== ''
    case 'text or null':
      return value === null || typeof value === 'string'
    case 'count':
      return Number.isInteger(value)
    case 'object':
      return isObject
    case 'list':
      return Array.isArray(value)
    case 'time':
      return typeof value === 'string' && TIME.test(value)
    case 'anything':
      return value !== undefined
    default:
      return isObject && wrongFields(value, type).length === 0
  }
}

/** The fields that a payload lacks, or has with another type than the documents show. */
export function wrongFields(payload: object, fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, type]) => {
    const value = (payload as Record<string, unknown>)[name]
    return is(value, type)
      ? []
      : [`${name}: ${JSON.stringify(value)} is not ${JSON.stringify(type)}`]
  })
}
