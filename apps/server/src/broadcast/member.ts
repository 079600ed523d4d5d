import type { Role } from '@talus/protocol'
import type { Connection } from './connection.js'
import type { Following } from './said.js'

/** Whose socket it is, how it came, and from where. */
export type Origin = {
  namespace: '/' | '/graph'
  actor_id: string
  admin: true | undefined
  address: string
}

/** One socket in one session. */
export type Member = {
  client_id: string
  /** Who it is, and where from, for those who keep account. */
  origin: Origin
  following: Following
  connection: Pick<Connection, 'send'>
  /** The role that counts now; undefined: there is none, or it has to be looked up first. */
  role: () => Role | undefined
  /** The session is gone: the member is in it no longer. */
  onSessionDeleted: () => void
  /** Roles have changed: the member asks whether it may still be there, and goes if not. */
  review: () => Promise<void>
}
