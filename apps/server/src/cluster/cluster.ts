import type { Role } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { Publication } from '../broadcast/publication.js'
import type { After } from '../clock.js'
import { TELL_USES_MS, type Uses } from '../limits/shared-rates.js'
import type { PresenceText } from '../presence/room.js'
import type { Bus, Message, OpenBus, PresentClient, Tidings } from './bus.js'
import { Elsewhere } from './elsewhere.js'

/** How often a server says that it is there, in milliseconds, and after which silence it is not. */
const ALIVE_MS = 2_000
const SILENT_MS = 7_000

/** Clients of one message. */
const CLIENTS = 200

/** What a server does when others tell it something. */
export type Told = {
  /** Everybody who is on this server. */
  clients: () => PresentClient[]
  arrived: (session_id: string, notice: ArrivalNotice) => void
  moved: (session_id: string, changes: readonly PresenceText[]) => void
  appended: (session_id: string, seq: number) => void
  published: (session_id: string, seq: number, publications: readonly Publication[]) => void
  /** A client of this server has come to another. */
  replaced: (session_id: string, client_id: string) => void
  /** Somebody has another role, or none. */
  roles: (session_id: string, of: { actor_id: string; role: Role | null }) => void
  revoked: (session_id: string, link_id: string) => void
  /** What was used of rates here since this was last asked. */
  uses: () => Uses
  /** Another server says what was used of rates there. */
  used: (uses: Uses) => void
  /** `epoch`: of a new session; null: it was deleted. */
  session: (session_id: string, epoch: string | null) => void
}

type Services = {
  node_id: string
  after: After
  /** Milliseconds of a clock that never goes back. */
  elapsed: () => number
  onFault: (error: unknown) => void
  /** Messages get through, which is said again and again. */
  onWorks: () => void
  /** What to do with what is told: known once the server is put together. */
  told: () => Told
}

type Known = { n: number; heard: number; isKnown: boolean }

/**
 * What this server and the others of the same store tell each other. Nobody depends on it for what is
 * durable: that is in the journal, which is asked in any case (`Following`).
 */
export class Cluster {
  readonly #services: Services
  readonly #nodes = new Map<string, Known>()
  readonly elsewhere: Elsewhere
  #bus: Bus | undefined
  #n = 0
  #appended = new Map<string, number>()
  #isClosed = false

  constructor(services: Services) {
    this.#services = services
    this.elsewhere = new Elsewhere(services.told)
  }

  /** Begins to listen and to tell. Rejects with a `SettingError` when the driver is not there. */
  async start(channel: string, openBus: OpenBus): Promise<void> {
    this.#bus = await openBus(channel, {
      onMessage: (message) => this.#hear(message),
      onConnected: () => this.#greet(),
      onFault: this.#services.onFault,
    })
    this.#beat()
    this.#tellUses()
  }

  /** Whether others can be told something now. */
  get isConnected(): boolean {
    return this.#bus?.isConnected ?? false
  }

  /** Other servers that are there, as far as is known. */
  get nodes(): number {
    return this.#nodes.size
  }

  tell(tidings: Tidings): void {
    if (this.#isClosed) return
    this.#n += 1
    this.#bus?.send({ from: this.#services.node_id, n: this.#n, ...tidings })
  }

  /** Sessions with new entries are told together, at the end of the turn. */
  tellAppended(session_id: string, seq: number): void {
    const isFirst = this.#appended.size === 0
    this.#appended.set(session_id, seq)
    if (!isFirst) return
    setImmediate(() => {
      const seqs = [...this.#appended]
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
      // While nothing gets through, silence says nothing; what is known of others may be wrong then.
      if (!this.isConnected) for (const known of this.#nodes.values()) known.heard = now
      for (const [node, { heard }] of this.#nodes) if (now - heard > SILENT_MS) this.#forget(node)
      this.#beat()
    })
  }

  /** What was used while nobody could be told is not told later: it has been made up for by then. */
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
    // Something was missed: what it says of its clients may be wrong, until it says all of it anew.
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
        // It has not heard anything of what was told before.
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
        for (const [session_id, seq] of message.seqs) told.appended(session_id, seq)
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
