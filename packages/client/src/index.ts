export { connect } from './client.js'
export type { Client, ClientEvents, Status } from './client.js'
export { TalusError } from './errors.js'
export type { LocalErrorCode } from './errors.js'
export type { GraphNode, SessionGraph } from './graph/session-graph.js'
export type { GraphChange } from './graph/view.js'
export type { Joined } from './joined.js'
export type { ClientOptions, Token } from './options.js'
export type { Other, SessionPresence } from './presence.js'
export { indexedDbStore } from './queue/indexed-db.js'
export type { CommandStore, StoredCommand } from './queue/store.js'
export { rest } from './rest.js'
export type { Rest, RestOptions } from './rest.js'
export type { Delays } from './retry.js'
export type {
  BatchResults,
  CommandOptions,
  Executed,
  Previewed,
  Session,
  UndoOptions,
} from './session.js'
export type { RoomEvent, SessionEvents, SessionStatus } from './session-events.js'
