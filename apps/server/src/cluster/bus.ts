import type { Role } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { RemoteClient } from '../broadcast/hub.js'
import type { Publication } from '../broadcast/publication.js'
import type { Uses } from '../limits/shared-rates.js'
import type { PresenceText } from '../presence/room.js'

/** A client with its presence as JSON; `state` is absent if it has none. */
export type PresentClient = RemoteClient & { state?: string }

/**
 * A session and its last seq; `bodies`: the JSON of the entries up to it, absent if they are large or
 * the session has no clients on other servers.
 */
export type Appended = [session_id: string, seq: number, epoch?: string, bodies?: string[]]

/** Messages between servers. None is stored: durable state is in the journal. */
export type Tidings =
  /** A server has started or reconnected: all others send it their clients. */
  | { kind: 'hello' }
  /** Asks a server for its clients. */
  | { kind: 'ask'; node: string }
  /** The clients of the sender, in parts; replaces its previous list. */
  | { kind: 'clients'; begins: boolean; ends: boolean; clients: PresentClient[] }
  | { kind: 'alive' }
  | { kind: 'bye' }
  /** Sessions that have new entries. */
  | { kind: 'appended'; seqs: Appended[] }
  /** Publications without an entry, to be sent after the entry `seq`. */
  | { kind: 'told'; session_id: string; seq: number; publications: Publication[] }
  /** A client joined or left; `client`: the one that joined. */
  | { kind: 'arrival'; session_id: string; notice: ArrivalNotice; client?: RemoteClient }
  | { kind: 'presence'; session_id: string; changes: PresenceText[] }
  /** A client of the receiver has reconnected to the sender (rule JOIN8). */
  | { kind: 'replaced'; session_id: string; client_id: string }
  /** An actor's role in a session was changed or removed. */
  | { kind: 'roles'; session_id: string; of: { actor_id: string; role: Role | null } }
  | { kind: 'revoked'; session_id: string; link_id: string }
  /** Rate usage on the sender. */
  | { kind: 'used'; uses: Uses }
  /** A session was created (`epoch`) or deleted (null). */
  | { kind: 'session'; session_id: string; epoch: string | null }

/** `n`: consecutive for each sender, so that receivers detect lost messages. */
export type Message = { from: string; n: number } & Tidings

/** Carries messages between servers. Never throws or waits; drops messages that it cannot send. */
export interface Bus {
  send(message: Message): void
  /** Whether the connection is up, as far as is known. */
  readonly isConnected: boolean
  close(): Promise<void>
}

export type OpenBus = (
  channel: string,
  events: {
    onMessage: (message: Message) => void
    /** The connection is up; messages may have been lost before. */
    onConnected: () => void
    onFault: (error: unknown) => void
  },
) => Promise<Bus>
