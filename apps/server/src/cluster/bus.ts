import type { Role } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { RemoteClient } from '../broadcast/hub.js'
import type { Publication } from '../broadcast/publication.js'
import type { Uses } from '../limits/shared-rates.js'
import type { PresenceText } from '../presence/room.js'

/** A client, and where it is, as JSON; no state: it has not said so. */
export type PresentClient = RemoteClient & { state?: string }

/** What servers tell each other. All of it is transient: what counts is in the journal. */
export type Tidings =
  /** A server has started, or was out of touch: everybody tells it who is there. */
  | { kind: 'hello' }
  /** Asks a server to say who is there. */
  | { kind: 'ask'; node: string }
  /** Who is on this server, in parts: what it said before counts no longer. */
  | { kind: 'clients'; begins: boolean; ends: boolean; clients: PresentClient[] }
  | { kind: 'alive' }
  | { kind: 'bye' }
  /** Sessions that have new entries, each with its last seq. */
  | { kind: 'appended'; seqs: [session_id: string, seq: number][] }
  /** What a session's room was told beside its entries, after the entry `seq`. */
  | { kind: 'told'; session_id: string; seq: number; publications: Publication[] }
  /** Who came and went; `client`: who came. */
  | { kind: 'arrival'; session_id: string; notice: ArrivalNotice; client?: RemoteClient }
  | { kind: 'presence'; session_id: string; changes: PresenceText[] }
  /** A client of the receiver is on this server now (rule JOIN8). */
  | { kind: 'replaced'; session_id: string; client_id: string }
  /** Somebody has another role in a session, or none. */
  | { kind: 'roles'; session_id: string; of: { actor_id: string; role: Role | null } }
  | { kind: 'revoked'; session_id: string; link_id: string }
  /** What was used of rates on this server. */
  | { kind: 'used'; uses: Uses }
  /** A session is new, or was deleted. */
  | { kind: 'session'; session_id: string; epoch: string | null }

/** Numbered by the server that tells it, so that others notice what they have missed. */
export type Message = { from: string; n: number } & Tidings

/** Carries messages between servers. Nothing here throws or waits; what cannot be sent is lost. */
export interface Bus {
  send(message: Message): void
  /** Whether messages get through at this moment, as far as is known. */
  readonly isConnected: boolean
  close(): Promise<void>
}

export type OpenBus = (
  channel: string,
  events: {
    onMessage: (message: Message) => void
    /** Messages get through from now on; some may have been missed. */
    onConnected: () => void
    onFault: (error: unknown) => void
  },
) => Promise<Bus>
