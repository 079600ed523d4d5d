import type { Hub } from '../../broadcast/hub.js'
import type { Outbox } from '../../broadcast/outbox.js'
import type { Access } from '../../gate/access.js'
import type { Audit } from '../../gate/audit.js'
import type { Commands } from '../../gate/dispatcher.js'
import type { DoorName } from '../../gate/door-name.js'
import type { Rate } from '../../gate/rate.js'
import type { SocketMeter } from '../../gate/rate-limits.js'
import type { Allowance, Allowances } from '../../limits/allowances.js'
import type { JoinLimits } from '../../limits/join-limits.js'
import type { SessionQuota } from '../../gate/session-quota.js'
import type { Reception } from '../../gate/reception.js'
import type { WorkLimits } from '../../limits/work-limits.js'
import type { Faults } from '../../observability/faults.js'
import type { After } from '../../presence/beat.js'
import type { PresenceBoard } from '../../presence/presence-board.js'
import type { SessionStore } from '../../sessions/session-store.js'
import type { JsonLimits } from '@talus/protocol'
import type { AddressOf } from '../perimeter/address.js'
import type { Connections } from './connections.js'

/** Told of a client whose connection the server ends, and why. */
export type LetGo = (reason: 'slow' | 'memory' | 'flood' | 'message-size', facts: object) => void

/** What the socket namespaces stand on. */
export type SocketServices = {
  access: Access
  reception: Reception
  addressOf: AddressOf
  /** Milliseconds since 1970. */
  clock: () => number
  /** The time that events bear, ISO 8601 in UTC. */
  now: () => string
  after: After
  sessions: SessionStore
  dispatcher: Commands
  hub: Hub
  presence: PresenceBoard
  outbox: Outbox
  connections: Connections
  /** Bytes that users send, by which their connections are slowed down. */
  userBytes: Rate
  quota: SessionQuota
  work: WorkLimits
  /** Milliseconds of a clock that never goes back. */
  elapsed: () => number
  /** What one socket of a user may send. */
  newMeter: (user: Allowance) => SocketMeter
  allowances: Allowances
  joinLimits: JoinLimits
  json: JsonLimits
  contractHash: string
  faults: Faults
  audit: Audit
  letGo: LetGo
}

/** What both namespaces share, and the dispatcher as each of them sees it. */
export type SharedServices = Omit<SocketServices, 'dispatcher'> & {
  dispatcherAt: (door: DoorName) => Commands
}
