import { byName } from '../../define.js'
import { ExecuteCommand, PreviewCommand, RedoCommand, UndoCommand } from './commands.js'
import { Authenticate, JoinSession, LeaveSession, Ping, UpdatePresence } from './session.js'

/** What clients send, by event name. */
export const CLIENT_EVENTS = byName([
  Authenticate,
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
