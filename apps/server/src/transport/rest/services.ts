import type { Hub } from '../../broadcast/hub.js'
import type { Commands } from '../../gate/dispatcher.js'
import type { Chronicle } from '../../history/chronicle.js'
import type { After } from '../../presence/beat.js'
import type { SessionStore } from '../../sessions/session-store.js'

/** What the REST routes stand on. */
export type RestServices = {
  sessions: SessionStore
  dispatcher: Commands
  chronicle: Chronicle
  /** Waits some milliseconds. */
  after: After
  hub: Hub
  contractHash: string
  serverVersion: string
  /** Whether commands are taken: false while the server shuts down. */
  isOpen: () => boolean
  /** Why commands could not be made durable now; null when they can. */
  unreadiness: () => Promise<string | null>
}
