export { connect } from './client.js'
export type { Client, ClientEvents, Status } from './client.js'
export { TalusError } from './errors.js'
export type { LocalErrorCode } from './errors.js'
export type { Joined } from './membership.js'
export type { ClientOptions } from './options.js'
export type { Delays } from './retry.js'
export type {
  BatchResults,
  CommandOptions,
  Executed,
  Previewed,
  Session,
  UndoOptions,
} from './session.js'
export type { RoomEvent, SessionEvents } from './session-events.js'
