import type { Entry, Role, RootPayload, ServerToClientEvents } from '@talus/protocol'
import type { TalusError } from './errors.js'
import type { Other, Participant } from './presence.js'

/** What the server tells those who follow `changes` about a session, beside entries. */
export type RoomEvent = Extract<
  keyof ServerToClientEvents,
  'session:connected' | 'session:disconnected' | 'project:saved'
>

/**
 * How a session stands: `catching-up` while what was missed is fetched, `live` when it shows what
 * the server has, `offline` without a connection, `closed` after `leave()` or `client.close()`,
 * and `refused` when the server does not let this client in any more.
 */
export type SessionStatus =
  | 'connecting'
  | 'catching-up'
  | 'live'
  | 'offline'
  | 'closed'
  | { refused: TalusError }

/** What a session tells its listeners, by name. */
export type SessionEvents = { [Name in RoomEvent]: RootPayload<Name> } & {
  /** How the session stands with the server now. */
  status: SessionStatus
  /** What somebody has done, this client included, once it is in the graph. */
  entry: Entry
  /** How many commands are not answered yet. */
  pending: number
  /** What can be undone or redone now. */
  undo: { canUndo: boolean; canRedo: boolean }
  /** Where the others are. */
  others: readonly Other[]
  /** Who is in the session, also who has said nothing. */
  participants: readonly Participant[]
  /** What this client may do now; undefined: nothing, and the session ends. */
  role: Role | undefined
  /** A command was refused and its effect taken back, or a presence was; also told by promise. */
  rejected: TalusError
  /** While the graph is loaded: the bytes that have come so far, unpacked. */
  progress: number
  /**
   * The session is over, though nobody left it: the server did not let the client in again, took
   * its role, or the session was deleted. Commands reject with the same error; `client.join()`
   * tries anew.
   */
  ended: TalusError
}

/** The names of the events, and whether it is the server that tells them. */
export const SESSION_EVENTS: {
  [Name in keyof SessionEvents]: Name extends RoomEvent ? true : false
} = {
  ended: false,
  entry: false,
  others: false,
  participants: false,
  pending: false,
  progress: false,
  rejected: false,
  role: false,
  status: false,
  undo: false,
  'project:saved': true,
  'session:connected': true,
  'session:disconnected': true,
}

export function isRoomEvent(name: string): name is RoomEvent {
  return (SESSION_EVENTS as Record<string, unknown>)[name] === true
}
