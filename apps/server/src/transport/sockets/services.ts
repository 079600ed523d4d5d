import type { Hub } from '../../broadcast/hub.js'
import type { Outbox } from '../../broadcast/outbox.js'
import type { Access } from '../../gate/access.js'
import type { SocketMeter } from '../../gate/rate-limits.js'
import type { SessionQuota } from '../../gate/session-quota.js'
import type { Dispatcher } from '../../gate/dispatcher.js'
import type { Reception } from '../../gate/reception.js'
import type { After } from '../../presence/beat.js'
import type { PresenceBoard } from '../../presence/presence-board.js'
import type { SessionStore } from '../../sessions/session-store.js'
import type { JsonLimits } from '@talus/protocol'
import type { Connections } from './connections.js'
import type { Log } from './requests.js'

/** What the socket namespaces stand on. */
export type SocketServices = {
  access: Access
  reception: Reception
  /** Milliseconds since 1970. */
  clock: () => number
  after: After
  sessions: SessionStore
  dispatcher: Dispatcher
  hub: Hub
  presence: PresenceBoard
  outbox: Outbox
  connections: Connections
  quota: SessionQuota
  /** What one socket may send. */
  /** Milliseconds of a clock that never goes back. */
  elapsed: () => number
  newMeter: () => SocketMeter
  json: JsonLimits
  contractHash: string
  log: Log
}
