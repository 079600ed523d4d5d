import { byName } from '../../define.js'
import {
  CommandExecuted,
  CommandExecuting,
  CommandFailed,
  CommandRedo,
  CommandUndo,
} from './commands.js'
import {
  NodeCreated,
  NodeDeleted,
  NodeLinked,
  NodeUnlinked,
  PropertyChanged,
  PropertyDeleted,
  RootMoved,
} from './nodes.js'
import { ProjectLoaded, ProjectSaved } from './project.js'
import {
  ErrorEvent,
  Joined,
  Left,
  PermissionsChanged,
  Pong,
  PresenceChanged,
  ResyncRequired,
  SessionChanges,
  SessionConnected,
  SessionDisconnected,
} from './session.js'

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
