import { byName } from '../../define.js'
import {
  GraphCommandExecuted,
  GraphCommandExecuting,
  GraphCommandFailed,
  GraphCommandRedo,
  GraphCommandUndo,
} from './commands.js'
import {
  GraphNodeCreated,
  GraphNodeDeleted,
  GraphNodeLinked,
  GraphNodeUnlinked,
  GraphPropertyChanged,
  GraphPropertyDeleted,
  GraphRootMoved,
} from './nodes.js'
import { GraphProjectLoaded, GraphProjectSaved } from './project.js'
import {
  GraphPermissionsChanged,
  GraphPresenceChanged,
  GraphResyncRequired,
  GraphSessionConnected,
  GraphSessionDisconnected,
  GraphSessionGuest,
} from './session.js'

/** What the server sends on `/graph`, by event name; `error` and `pong` as on `/`. */
export const GRAPH_EVENTS = byName([
  GraphCommandExecuted,
  GraphCommandExecuting,
  GraphCommandFailed,
  GraphCommandRedo,
  GraphCommandUndo,
  GraphNodeCreated,
  GraphNodeDeleted,
  GraphNodeLinked,
  GraphNodeUnlinked,
  GraphPermissionsChanged,
  GraphPresenceChanged,
  GraphProjectLoaded,
  GraphProjectSaved,
  GraphPropertyChanged,
  GraphPropertyDeleted,
  GraphResyncRequired,
  GraphRootMoved,
  GraphSessionConnected,
  GraphSessionDisconnected,
  GraphSessionGuest,
])
