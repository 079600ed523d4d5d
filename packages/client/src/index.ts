export { connect } from './client.js'
export type { Client, ClientEvents, Progress, Status } from './client.js'
export { TalusError } from './errors.js'
export type { LocalErrorCode, RefusedCommand } from './errors.js'
export type { GraphNode, SessionGraph } from './graph/session-graph.js'
export type {
  Template,
  TemplateAccess,
  TemplateOption,
  TemplateProperty,
  TemplateType,
} from './graph/template.js'
export type { GraphChange } from './graph/view.js'
export type { Joined } from './joined.js'
export type { ClientOptions, Token } from './options.js'
export type { Other, Participant, SessionPresence } from './presence.js'
export type { CommandStore, RecordStore, StoredCommand } from './queue/store.js'
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
export { indexedDbStore } from './storage/indexed-db-store.js'
export type { GraphLimits } from './storage/storage.js'
