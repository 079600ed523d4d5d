import type { JsonLimits } from '@talus/protocol'
import type { Access } from '../auth/access.js'
import type { Authenticator } from '../auth/identity.js'
import type { Hub } from '../broadcast/hub.js'
import type { Outbox } from '../broadcast/outbox.js'
import type { After } from '../clock.js'
import type { Faults } from '../errors.js'
import type { AddressOf } from '../http/perimeter.js'
import type { Allowance, Allowances, SocketMeter } from '../limits/socket-limits.js'
import type { JoinLimits, SessionQuota } from '../limits/session-limits.js'
import type { Rate } from '../limits/rate.js'
import type { WorkLimits } from '../limits/work.js'
import type { Audit } from '../observability/audit.js'
import type { PresenceBoard } from '../presence/presence.js'
import type { Dispatcher } from '../session/dispatcher.js'
import type { SessionStore } from '../session/store.js'
import type { Connections } from './connections.js'

/** Told of a client whose connection the server ends, and why. */
export type LetGo = (
  reason: 'slow' | 'memory' | 'flood' | 'message-size' | 'unreadable',
  facts: object,
) => void

/** What the socket namespaces stand on. */
export type SocketServices = {
  access: Access
  authenticator: Authenticator
  addressOf: AddressOf
  /** Milliseconds since 1970. */
  clock: () => number
  /** The time that events bear, ISO 8601 in UTC. */
  now: () => string
  after: After
  sessions: SessionStore
  dispatcher: Dispatcher
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
