import type { JsonValue } from '@talus/protocol'
import { graphPacket } from './packets.js'
import type { Vocabulary } from './vocabulary.js'

/** On `/graph` the result of a command is the id of a created node, else null. */
function createdId(result: JsonValue): string | null {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null
  return typeof result.node_id === 'string' ? result.node_id : null
}

/** The events of `/graph`, as the integration document names them. */
export const GRAPH_VOCABULARY: Vocabulary = {
  executing: (about) => graphPacket('command:executing', about),
  executed: (about, result, label) =>
    graphPacket('command:executed', {
      ...about,
      result: createdId(result),
      ...(label === undefined ? {} : { label }),
    }),
  failed: (about, { message: error, code, error_id }) =>
    graphPacket('command:failed', {
      ...about,
      error,
      code,
      ...(error_id === undefined ? {} : { error_id }),
    }),
  reverted(about, kind, entry) {
    const named = { target_command_id: about.command_id, entry_command_id: entry.command_id }
    return graphPacket(kind === 'undo' ? 'command:undo' : 'command:redo', { ...about, ...named })
  },
  nodeCreated: (origin, node, index) =>
    graphPacket('graph:node-created', {
      ...origin,
      node_id: node.id,
      name: node.name,
      blueprint_type_id: node.blueprint_type_id,
      parent_id: node.parent_id,
      properties: node.properties,
      index,
    }),
  nodeDeleted: (origin, node_id, deleted_ids) =>
    graphPacket('graph:node-deleted', { ...origin, node_id, deleted_ids }),
  linked: (origin, link) => graphPacket('graph:node-linked', { ...origin, ...link }),
  unlinked: (origin, link) => graphPacket('graph:node-unlinked', { ...origin, ...link }),
  propertyChanged: (origin, edit) => graphPacket('graph:property-changed', { ...origin, ...edit }),
  propertyDeleted: (origin, edit) => graphPacket('graph:property-deleted', { ...origin, ...edit }),
  loaded: (origin, project_id, graph) =>
    graphPacket('project:loaded', { ...origin, project_id, graph }),
  saved: (place, project_id, saved_seq) =>
    graphPacket('project:saved', { ...place, project_id, saved_seq }),
  resync: (place, to) => graphPacket('resync:required', { ...place, ...to }),
}
