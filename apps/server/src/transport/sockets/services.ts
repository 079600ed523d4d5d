import type { Hub } from '../../broadcast/hub.js'
import type { Outbox } from '../../broadcast/outbox.js'
import type { Dispatcher } from '../../gate/dispatcher.js'
import type { PresenceBoard } from '../../presence/presence-board.js'
import type { SessionStore } from '../../sessions/session-store.js'
import type { Log } from './requests.js'

/** What the socket namespaces stand on. */
export type SocketServices = {
  sessions: SessionStore
  dispatcher: Dispatcher
  hub: Hub
  presence: PresenceBoard
  outbox: Outbox
  contractHash: string
  log: Log
}
