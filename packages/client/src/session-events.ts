import type { RootPayload, ServerToClientEvents } from '@talus/protocol'
import type { TalusError } from './errors.js'

/** Events that answer one client, and those of a stream that this client does not ask for. */
type NotOfARoom = 'error' | 'joined' | 'left' | 'pong' | 'session:changes'

/** What the server tells everybody in a session. */
export type RoomEvent = Exclude<keyof ServerToClientEvents, NotOfARoom>

/** What a session tells its listeners, by name: the server's events, and its own end. */
export type SessionEvents = { [Name in RoomEvent]: RootPayload<Name> } & {
  /** The server did not let the client in again; the session is over. */
  ended: TalusError
}

// A list that the compiler completes; taking it from the contract would load all its schemas.
const NAMES: Record<RoomEvent, true> = {
  'command:executed': true,
  'command:executing': true,
  'command:failed': true,
  'command:redo': true,
  'command:undo': true,
  'node-created': true,
  'node-deleted': true,
  'node-linked': true,
  'node-unlinked': true,
  'presence:changed': true,
  'project:loaded': true,
  'project:saved': true,
  'property-changed': true,
  'property-deleted': true,
  'resync:required': true,
  'session:connected': true,
  'session:disconnected': true,
}

export function isRoomEvent(name: string): name is RoomEvent {
  return Object.hasOwn(NAMES, name)
}

/** Throws a TypeError for a name that no session event has. */
export function requireSessionEvent(name: string): void {
  if (name === 'ended' || isRoomEvent(name)) return
  const known = ['ended', ...Object.keys(NAMES)].join(', ')
  throw new TypeError(`A session has no event '${name}'; it has ${known}`)
}
