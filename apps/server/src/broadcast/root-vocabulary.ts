import { rootPacket } from './packets.js'
import type { Vocabulary } from './vocabulary.js'

/** The events of `/`, as the protocol document names them. */
export const ROOT_VOCABULARY: Vocabulary = {
  executing: (about) => rootPacket('command:executing', { event: 'command:executing', ...about }),
  executed: (about, result, label) =>
    rootPacket('command:executed', {
      event: 'command:executed',
      ...about,
      result,
      ...(label === undefined ? {} : { label }),
    }),
  failed: (about, error) =>
    rootPacket('command:failed', { event: 'command:failed', ...about, error }),
  reverted(about, kind, entry) {
    const target_command_id = about.command_id
    const named = { target_command_id, entry_command_id: entry.command_id }
    return kind === 'undo'
      ? rootPacket('command:undo', { event: 'command:undo', ...about, ...named })
      : rootPacket('command:redo', { event: 'command:redo', ...about, ...named })
  },
  nodeCreated: (origin, node, index) =>
    rootPacket('node-created', { event: 'node-created', ...origin, node, index }),
  nodeDeleted: (origin, node_id, deleted_ids) =>
    rootPacket('node-deleted', { event: 'node-deleted', ...origin, node_id, deleted_ids }),
  linked: (origin, link) => rootPacket('node-linked', { event: 'node-linked', ...origin, ...link }),
  unlinked: (origin, link) =>
    rootPacket('node-unlinked', { event: 'node-unlinked', ...origin, ...link }),
  propertyChanged: (origin, edit) =>
    rootPacket('property-changed', { event: 'property-changed', ...origin, ...edit }),
  propertyDeleted: (origin, edit) =>
    rootPacket('property-deleted', { event: 'property-deleted', ...origin, ...edit }),
  loaded: (origin, project_id, graph) =>
    rootPacket('project:loaded', { event: 'project:loaded', ...origin, project_id, graph }),
  saved: (place, project_id, saved_seq) =>
    rootPacket('project:saved', { event: 'project:saved', ...place, project_id, saved_seq }),
  resync: (place, to) =>
    rootPacket('resync:required', { event: 'resync:required', ...place, ...to }),
}
