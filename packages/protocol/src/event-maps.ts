import type { Static } from 'typebox'
import type { ClientEventMap, ServerEventMap } from './define.js'
import type { CLIENT_EVENTS, GRAPH_CLIENT_EVENTS } from './events/client/index.js'
import type { GRAPH_EVENTS } from './events/graph/index.js'
import type { ROOT_EVENTS } from './events/root/index.js'

type RootEvents = typeof ROOT_EVENTS
type GraphEvents = typeof GRAPH_EVENTS & Pick<RootEvents, 'error' | 'pong'>
type ClientEvents = typeof CLIENT_EVENTS
type GraphClientEvents = typeof GRAPH_CLIENT_EVENTS

/** Socket.IO event map of what the server sends on `/`. */
export type ServerToClientEvents = ServerEventMap<RootEvents>

/** Socket.IO event map of what clients send on `/`. */
export type ClientToServerEvents = ClientEventMap<ClientEvents>

/** Socket.IO event map of what the server sends on `/graph`. */
export type GraphServerToClientEvents = ServerEventMap<GraphEvents>

/** Socket.IO event map of what clients send on `/graph`. */
export type GraphClientToServerEvents = ClientEventMap<GraphClientEvents>

/** Payload of a server event of `/`, by event name. */
export type RootPayload<Name extends keyof RootEvents> = Static<RootEvents[Name]['payload']>

/** Payload of a server event of `/graph`, by event name. */
export type GraphPayload<Name extends keyof GraphEvents> = Static<GraphEvents[Name]['payload']>

/** Payload of an event that clients send, by event name. */
export type ClientPayload<Name extends keyof ClientEvents> = Static<ClientEvents[Name]['payload']>

/** Acknowledgement of an event that clients send, by event name. */
export type ClientAck<Name extends keyof ClientEvents> = Static<ClientEvents[Name]['ack']>
