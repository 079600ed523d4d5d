import type { After } from '../clock.js'
import type { SharedJournal } from '../journal/journal.js'
import type { SessionStore } from '../session/store.js'

/** Interval at which the journal is polled, in milliseconds, independently of messages. */
const POLL_MS = 1_000

/** Sessions in one query. */
const AT_ONCE = 1_000

type Services = {
  journal: Pick<SharedJournal, 'heads' | 'accessAfter'>
  sessions: Pick<SessionStore, 'openIds' | 'follow'>
  after: After
  isOpen: () => boolean
  /** The roles in a session may have changed. */
  onRoles: (session_id: string) => Promise<void>
  onFault: (error: unknown) => void
  /** A poll succeeded. */
  onWorks: () => void
  /** Called with the number of sessions that were behind the journal. */
  onBehind: (count: number) => void
}

/**
 * Polls the journal for entries of other servers in sessions that are open here, and for changed roles.
 * `Cluster` announces both at once; polling covers lost messages.
 */
export class Following {
  readonly #services: Services
  #mark: number | undefined
  /** Marks of the previous poll: polls overlap, so these are returned again. */
  #seen = new Map<string, number>()

  constructor(services: Services) {
    this.#services = services
  }

  /** Starts polling. Rejects when the journal cannot be read. */
  async start(): Promise<void> {
    const [last] = await this.#services.journal.accessAfter()
    this.#mark = last?.mark ?? 0
    this.#later()
  }

  #later(): void {
    const { after, isOpen, onFault, onWorks } = this.#services
    after(POLL_MS, () => {
      if (!isOpen()) return
      // Continue after a failed poll.
      void this.#poll()
        .then(onWorks, onFault)
        .then(() => this.#later())
    })
  }

  async #poll(): Promise<void> {
    await this.#followRoles()
    const { journal, sessions, onBehind } = this.#services
    const open = sessions.openIds()
    for (let from = 0; from < open.length; from += AT_ONCE) {
      const ids = open.slice(from, from + AT_ONCE)
      const heads = new Map((await journal.heads(ids)).map((head) => [head.session_id, head]))
      let behind = 0
      for (const id of ids) if (sessions.follow(id, heads.get(id) ?? null)) behind += 1
      if (behind > 0) onBehind(behind)
    }
  }

  async #followRoles(): Promise<void> {
    const { journal, onRoles } = this.#services
    const changed = await journal.accessAfter(this.#mark)
    const seen = new Map(changed.map(({ session_id, mark }) => [session_id, mark]))
    for (const [session_id, mark] of seen) {
      if (this.#seen.get(session_id) !== mark) await onRoles(session_id)
      this.#mark = Math.max(this.#mark ?? 0, mark)
    }
    this.#seen = seen
  }
}
