import type { ClientPayload, Command, CommandType } from '@talus/protocol'
import type { Wish } from './graph/prediction.js'
import { newId } from './new-id.js'
import type { Pending } from './queue/pending.js'

/** What is to be shown at once of an order; undefined: nothing, it only asks. */
export function wishOf({ order, payload }: Pending): Wish | undefined {
  if (order === 'preview_command') return undefined
  if (order === 'execute_command') {
    const { command_type, data, continues: run } = payload as ClientPayload<'execute_command'>
    // What the application passes has been checked by the compiler; the server checks it anew.
    return { kind: 'execute', command: { command_type, data } as Command, run }
  }
  const { scope, force, target_command_id, last_seq } = payload as ClientPayload<'undo_command'>
  const kind = order === 'undo_command' ? 'undo' : 'redo'
  // One that only says what was seen takes a step that is not known here.
  const isOwn = scope !== 'session' && last_seq === undefined
  return { kind, target_command_id, isOwn, isForced: force === true }
}

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The data of a command with an id for each node that it creates, so that the prediction and what
 * the server does agree on it. Ids follow from a command id that the caller chose, as a repeated
 * command must have the same payload (rule IDEM2).
 */
export function withNodeIds(command_type: CommandType, data: unknown, chosen?: string): unknown {
  const idAt = (place: string) => (chosen === undefined ? newId() : `${chosen}${place}`)
  if (!isObject(data)) return data
  if (command_type === 'CreateNode') return withNodeId(data, idAt(':node'))
  if (command_type !== 'Batch' || !Array.isArray(data['commands'])) return data
  const commands = data['commands'].map((item: unknown, index) =>
    isObject(item) && item['command_type'] === 'CreateNode' && isObject(item['data'])
      ? { ...item, data: withNodeId(item['data'], idAt(`:${index}`)) }
      : item,
  )
  return { ...data, commands }
}

/** As long as an id may be. */
const MAX_ID = 128

function withNodeId(data: Fields, node_id: string): Fields {
  return data['node_id'] !== undefined || node_id.length > MAX_ID ? data : { ...data, node_id }
}
