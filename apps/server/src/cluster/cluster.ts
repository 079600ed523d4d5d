import type { Role } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { Publication } from '../broadcast/publication.js'
import type { After } from '../clock.js'
import { TELL_USES_MS, type Uses } from '../limits/shared-rates.js'
import { type EntryText, wholeText } from '../journal/entry-text.js'
import type { PresenceText } from '../presence/room.js'
import type { Appended, Bus, Message, OpenBus, PresentClient, Tidings } from './bus.js'
import { Elsewhere } from './elsewhere.js'

/** Heartbeat interval in milliseconds, and the silence after which a server counts as gone. */
const ALIVE_MS = 2_000
const SILENT_MS = 7_000

/** Entries of a session with more characters are not sent; other servers read them from the journal. */
const SENT_CHARS = 64 * 1024

/** Clients in one message. */
const CLIENTS = 200

/** Handlers of messages from other servers. */
export type Told = {
  /** The clients of this server. */
  clients: () => PresentClient[]
  arrived: (session_id: string, notice: ArrivalNotice) => void
  moved: (session_id: string, changes: readonly PresenceText[]) => void
  appended: (appended: Appended) => void
  published: (session_id: string, seq: number, publications: readonly Publication[]) => void
  /** A client of this server has reconnected to another. */
  replaced: (session_id: string, client_id: string) => void
  /** An actor's role was changed or removed. */
  roles: (session_id: string, of: { actor_id: string; role: Role | null }) => void
  revoked: (session_id: string, link_id: string) => void
  /** Rate usage on this server since the last call. */
  uses: () => Uses
  /** Rate usage on another server. */
  used: (uses: Uses) => void
  /** `epoch`: of a new session; null: it was deleted. */
  session: (session_id: string, epoch: string | null) => void
}

type Services = {
  node_id: string
  after: After
  /** Milliseconds of a monotonic clock. */
  elapsed: () => number
  onFault: (error: unknown) => void
  /** Called at every heartbeat while the bus is connected. */
  onWorks: () => void
  /** Lazy, because the handlers exist only once the server is wired. */
  told: () => Told
}

type Named = { session_id: string; epoch: string }

type Known = { n: number; heard: number; isKnown: boolean }

/**
 * Exchanges messages with the other servers of the same store. Durable state never depends on it:
 * `Following` polls the journal in any case.
 */
export class Cluster {
  readonly #services: Services
  readonly #nodes = new Map<string, Known>()
  readonly elsewhere: Elsewhere
  #bus: Bus | undefined
  #n = 0
  #appended = new Map<string, Appended>()
  #isClosed = false

  constructor(services: Services) {
    this.#services = services
    this.elsewhere = new Elsewhere(services.told)
  }

  /** Starts sending and receiving. Rejects with a `SettingError` if the driver is not installed. */
  async start(channel: string, openBus: OpenBus): Promise<void> {
    this.#bus = await openBus(channel, {
      onMessage: (message) => this.#hear(message),
      onConnected: () => this.#greet(),
      onFault: this.#services.onFault,
    })
    this.#beat()
    this.#tellUses()
  }

  /** Whether messages can be sent now. */
  get isConnected(): boolean {
    return this.#bus?.isConnected ?? false
  }

  /** Number of other servers that are known to be alive. */
  get nodes(): number {
    return this.#nodes.size
  }

  tell(tidings: Tidings): void {
    if (this.#isClosed) return
    this.#n += 1
    this.#bus?.send({ from: this.#services.node_id, n: this.#n, ...tidings })
  }

  /**
   * Announces all sessions with new entries in one message, at the end of the turn. Sends the entries
   * too if other servers have clients in the session: each of them needs four round trips to read them.
   */
  tellAppended({ session_id, epoch }: Named, seq: number, bodies: readonly EntryText[]): void {
    const isFirst = this.#appended.size === 0
    const [, , of, sent = []] = this.#appended.get(session_id) ?? []
    const all = [...(of === epoch ? sent : []), ...bodies]
    const isSent =
      this.elsewhere.count(session_id) > 0 &&
      all.reduce((chars, { length }) => chars + length, 0) <= SENT_CHARS
    this.#appended.set(
      session_id,
      isSent ? [session_id, seq, epoch, all.map(wholeText)] : [session_id, seq],
    )
    if (!isFirst) return
    setImmediate(() => {
      const seqs = [...this.#appended.values()]
      this.#appended = new Map()
      this.tell({ kind: 'appended', seqs })
    })
  }

  async close(): Promise<void> {
    this.tell({ kind: 'bye' })
    this.#isClosed = true
    await this.#bus?.close()
  }

  #beat(): void {
    this.#services.after(ALIVE_MS, () => {
      if (this.#isClosed) return
      this.tell({ kind: 'alive' })
      if (this.isConnected) this.#services.onWorks()
      const now = this.#services.elapsed()
      // Without a connection, silence does not mean that a server is gone.
      // The clients known of it may be out of date then.
      if (!this.isConnected) for (const known of this.#nodes.values()) known.heard = now
      for (const [node, { heard }] of this.#nodes) if (now - heard > SILENT_MS) this.#forget(node)
      this.#beat()
    })
  }

  /** Usage that could not be sent is dropped: by the next message the buckets have refilled. */
  #tellUses(): void {
    this.#services.after(TELL_USES_MS, () => {
      if (this.#isClosed) return
      const uses = this.#services.told().uses()
      if (uses.length > 0) this.tell({ kind: 'used', uses })
      this.#tellUses()
    })
  }

  #forget(node: string): void {
    this.#nodes.delete(node)
    this.elsewhere.forget(node)
  }

  #greet(): void {
    this.tell({ kind: 'hello' })
    this.#tellClients()
  }

  #tellClients(): void {
    const all = this.#services.told().clients()
    for (let from = 0; from === 0 || from < all.length; from += CLIENTS) {
      const clients = all.slice(from, from + CLIENTS)
      const ends = from + CLIENTS >= all.length
      this.tell({ kind: 'clients', begins: from === 0, ends, clients })
    }
  }

  #hear(message: Message): void {
    const { from, n } = message
    if (from === this.#services.node_id || this.#isClosed) return
    const known = this.#nodes.get(from) ?? { n, heard: 0, isKnown: false }
    this.#nodes.set(from, known)
    // A message was lost: the clients known of this server may be wrong until it sends all of them.
    if (n !== known.n + 1 && n !== known.n && message.kind !== 'clients') known.isKnown = false
    known.n = n
    known.heard = this.#services.elapsed()
    try {
      this.#take(message, known)
    } catch (error) {
      this.#services.onFault(error)
    }
    if (!known.isKnown && message.kind !== 'bye') {
      known.isKnown = true
      this.tell({ kind: 'ask', node: from })
    }
  }

  #take(message: Message, known: Known): void {
    const told = this.#services.told()
    switch (message.kind) {
      case 'hello':
        // It has received none of the previous messages.
        return this.#tellClients()
      case 'ask':
        return message.node === this.#services.node_id ? this.#tellClients() : undefined
      case 'clients':
        known.isKnown = true
        return this.elsewhere.take(message.from, message.clients, message)
      case 'alive':
        return undefined
      case 'bye':
        return this.#forget(message.from)
      case 'appended':
        for (const appended of message.seqs) told.appended(appended)
        return undefined
      case 'told':
        return told.published(message.session_id, message.seq, message.publications)
      case 'arrival': {
        const { session_id, notice, client } = message
        return this.elsewhere.arrival(message.from, session_id, notice, client)
      }
      case 'presence':
        return this.elsewhere.moved(message.session_id, message.changes)
      case 'replaced':
        return told.replaced(message.session_id, message.client_id)
      case 'roles':
        return told.roles(message.session_id, message.of)
      case 'revoked':
        return told.revoked(message.session_id, message.link_id)
      case 'used':
        return told.used(message.uses)
      case 'session':
        if (message.epoch === null) this.elsewhere.end(message.session_id)
        return told.session(message.session_id, message.epoch)
      default:
        return message satisfies never
    }
  }
}
