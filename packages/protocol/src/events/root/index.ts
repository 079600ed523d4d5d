import { byName } from '../../define.js'
import { CommandExecuted } from './command-executed.js'
import { CommandExecuting } from './command-executing.js'
import { CommandFailed } from './command-failed.js'
import { CommandRedo } from './command-redo.js'
import { CommandUndo } from './command-undo.js'
import { ErrorEvent } from './error.js'
import { Joined } from './joined.js'
import { Left } from './left.js'
import { NodeCreated } from './node-created.js'
import { NodeDeleted } from './node-deleted.js'
import { NodeLinked } from './node-linked.js'
import { NodeUnlinked } from './node-unlinked.js'
import { PermissionsChanged } from './permissions-changed.js'
import { Pong } from './pong.js'
import { PresenceChanged } from './presence-changed.js'
import { ProjectLoaded } from './project-loaded.js'
import { ProjectSaved } from './project-saved.js'
import { PropertyChanged } from './property-changed.js'
import { PropertyDeleted } from './property-deleted.js'
import { ResyncRequired } from './resync-required.js'
import { RootMoved } from './root-moved.js'
import { SessionChanges } from './session-changes.js'
import { SessionConnected } from './session-connected.js'
import { SessionDisconnected } from './session-disconnected.js'

/** What the server sends on `/`, by event name. */
export const ROOT_EVENTS = byName([
  CommandExecuted,
  CommandExecuting,
  CommandFailed,
  CommandRedo,
  CommandUndo,
  ErrorEvent,
  Joined,
  Left,
  NodeCreated,
  NodeDeleted,
  NodeLinked,
  NodeUnlinked,
  PermissionsChanged,
  Pong,
  PresenceChanged,
  ProjectLoaded,
  ProjectSaved,
  PropertyChanged,
  PropertyDeleted,
  ResyncRequired,
  RootMoved,
  SessionChanges,
  SessionConnected,
  SessionDisconnected,
])
