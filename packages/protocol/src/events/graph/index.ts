import { byName } from '../../define.js'
import { GraphCommandExecuted } from './command-executed.js'
import { GraphCommandExecuting } from './command-executing.js'
import { GraphCommandFailed } from './command-failed.js'
import { GraphCommandRedo } from './command-redo.js'
import { GraphCommandUndo } from './command-undo.js'
import { GraphNodeCreated } from './node-created.js'
import { GraphNodeDeleted } from './node-deleted.js'
import { GraphNodeLinked } from './node-linked.js'
import { GraphNodeUnlinked } from './node-unlinked.js'
import { GraphPermissionsChanged } from './permissions-changed.js'
import { GraphPresenceChanged } from './presence-changed.js'
import { GraphProjectLoaded } from './project-loaded.js'
import { GraphProjectSaved } from './project-saved.js'
import { GraphPropertyChanged } from './property-changed.js'
import { GraphPropertyDeleted } from './property-deleted.js'
import { GraphResyncRequired } from './resync-required.js'
import { GraphRootMoved } from './root-moved.js'
import { GraphSessionConnected } from './session-connected.js'
import { GraphSessionDisconnected } from './session-disconnected.js'
import { GraphSessionGuest } from './session-guest.js'

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
