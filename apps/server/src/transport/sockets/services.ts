import type { Hub } from '../../broadcast/hub.js'
import type { Outbox } from '../../broadcast/outbox.js'
import type { Access } from '../../gate/access.js'
import type { Dispatcher } from '../../gate/dispatcher.js'
import type { Reception } from '../../gate/reception.js'
import type { Faults } from '../../observability/faults.js'
import type { After } from '../../presence/beat.js'
import type { PresenceBoard } from '../../presence/presence-board.js'
import type { SessionStore } from '../../sessions/session-store.js'
import type { AddressOf } from '../perimeter/address.js'

/** What the socket namespaces stand on. */
export type SocketServices = {
  access: Access
  reception: Reception
  addressOf: AddressOf
  /** Milliseconds since 1970. */
  clock: () => number
  after: After
  sessions: SessionStore
  dispatcher: Dispatcher
  hub: Hub
  presence: PresenceBoard
  outbox: Outbox
  contractHash: string
  faults: Faults
}
