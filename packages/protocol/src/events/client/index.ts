import { byName } from '../../define.js'
import { ExecuteCommand } from './execute-command.js'
import { JoinSession } from './join-session.js'
import { LeaveSession } from './leave-session.js'
import { Ping } from './ping.js'
import { PreviewCommand } from './preview-command.js'
import { RedoCommand } from './redo-command.js'
import { UndoCommand } from './undo-command.js'
import { UpdatePresence } from './update-presence.js'

/** What clients send, by event name. */
export const CLIENT_EVENTS = byName([
  ExecuteCommand,
  JoinSession,
  LeaveSession,
  Ping,
  PreviewCommand,
  RedoCommand,
  UndoCommand,
  UpdatePresence,
])

/** What clients send on `/graph`; there is no joining and no leaving. */
export const GRAPH_CLIENT_EVENTS = byName([
  Ping,
  ExecuteCommand,
  PreviewCommand,
  UndoCommand,
  RedoCommand,
  UpdatePresence,
])
