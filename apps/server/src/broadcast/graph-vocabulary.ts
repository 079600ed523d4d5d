import type { JsonValue } from '@talus/protocol'
import { graphPacket, sharingGraphPacket } from './packets.js'
import { SharedFields } from './shared-fields.js'
import type { Vocabulary } from './vocabulary.js'

/** On `/graph` the result of a command is the id of a created node, else null. */
function createdId(result: JsonValue): string | null {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null
  return typeof result.node_id === 'string' ? result.node_id : null
}

/** The events of `/graph`, as the integration document names them. */
export const GRAPH_VOCABULARY: Vocabulary = {
  executing: (origin, command_type) =>
    sharingGraphPacket('command:executing', origin, { command_type }),
  executed: (origin, outcome) =>
    sharingGraphPacket('command:executed', origin, {
      ...outcome,
      result: createdId(outcome.result),
    }),
  failed: (origin, { command_type, error: { message, code, error_id } }) =>
    sharingGraphPacket('command:failed', origin, {
      command_type,
      error: message,
      code,
      ...(error_id === undefined ? {} : { error_id }),
    }),
  reverted(origin, entry) {
    const { seq, command_type } = entry
    const target_command_id = entry.target_command_id ?? entry.command_id
    const about = new SharedFields({ ...origin.fields, command_id: target_command_id })
    const named = { seq, command_type, target_command_id, entry_command_id: entry.command_id }
    return sharingGraphPacket(entry.kind === 'undo' ? 'command:undo' : 'command:redo', about, named)
  },
  nodeCreated: (origin, { seq, node, index }) =>
    sharingGraphPacket('graph:node-created', origin, {
      seq,
      node_id: node.id,
      name: node.name,
      blueprint_type_id: node.blueprint_type_id,
      parent_id: node.parent_id,
      properties: node.properties,
      index,
    }),
  nodeDeleted: (origin, deletion) => sharingGraphPacket('graph:node-deleted', origin, deletion),
  linked: (origin, link) => sharingGraphPacket('graph:node-linked', origin, link),
  unlinked: (origin, link) => sharingGraphPacket('graph:node-unlinked', origin, link),
  rootMoved: (origin, move) => sharingGraphPacket('graph:root-moved', origin, move),
  propertyChanged: (origin, edit) => sharingGraphPacket('graph:property-changed', origin, edit),
  propertyDeleted: (origin, edit) => sharingGraphPacket('graph:property-deleted', origin, edit),
  loaded: (origin, load) => sharingGraphPacket('project:loaded', origin, load),
  saved: (place, project_id, saved_seq) =>
    graphPacket('project:saved', { ...place, project_id, saved_seq }),
  resync: (place, to) => graphPacket('resync:required', { ...place, ...to }),
}
