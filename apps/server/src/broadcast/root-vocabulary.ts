import { rootPacket, sharingRootPacket } from './packets.js'
import { SharedFields } from './shared-fields.js'
import type { Vocabulary } from './vocabulary.js'

/** The events of `/`, as the protocol document names them. */
export const ROOT_VOCABULARY: Vocabulary = {
  executing: (origin, command_type) =>
    sharingRootPacket('command:executing', origin, { command_type }),
  executed: (origin, outcome) => sharingRootPacket('command:executed', origin, outcome),
  failed: (origin, failure) => sharingRootPacket('command:failed', origin, failure),
  reverted(origin, entry) {
    const { seq, command_type } = entry
    const target_command_id = entry.target_command_id ?? entry.command_id
    const about = new SharedFields({ ...origin.fields, command_id: target_command_id })
    const named = { seq, command_type, target_command_id, entry_command_id: entry.command_id }
    return entry.kind === 'undo'
      ? sharingRootPacket('command:undo', about, named)
      : sharingRootPacket('command:redo', about, named)
  },
  nodeCreated: (origin, creation) => sharingRootPacket('node-created', origin, creation),
  nodeDeleted: (origin, deletion) => sharingRootPacket('node-deleted', origin, deletion),
  linked: (origin, link) => sharingRootPacket('node-linked', origin, link),
  unlinked: (origin, link) => sharingRootPacket('node-unlinked', origin, link),
  rootMoved: (origin, move) => sharingRootPacket('root-moved', origin, move),
  propertyChanged: (origin, edit) => sharingRootPacket('property-changed', origin, edit),
  propertyDeleted: (origin, edit) => sharingRootPacket('property-deleted', origin, edit),
  loaded: (origin, load) => sharingRootPacket('project:loaded', origin, load),
  saved: (place, project_id, saved_seq) =>
    rootPacket('project:saved', { event: 'project:saved', ...place, project_id, saved_seq }),
  resync: (place, to) =>
    rootPacket('resync:required', { event: 'resync:required', ...place, ...to }),
}
