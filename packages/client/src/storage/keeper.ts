import type { CommandStore } from '../queue/store.js'
import { IndexedDbStore } from './indexed-db.js'
import type { GraphLimits, Living, KeeperSettings } from './storage.js'
import { StoredSession } from './stored-session.js'
import { isFull, wordsOf } from './words.js'

/** How long a store may take for one answer before the client goes on without it. */
const LIMIT_MS = 2_000

/**
 * Pauses between attempts to write everything again: doubling between these. The first is short, as
 * a browser that clears what is stored may not be done with it when it says so.
 */
const MIN_DELAY_MS = 100
const MAX_DELAY_MS = 30_000

const GRAPH_LIMITS: Required<GraphLimits> = { sessions: 20, days: 30, bytes: 100_000_000 }

/** What a store is asked for. */
type Question = 'adopt' | 'add' | 'remove' | 'forget' | 'records'

class Overdue extends Error {
  constructor() {
    super(`it has not answered for ${LIMIT_MS / 1_000} s`)
  }
}

/**
 * Uses a store of which nothing is expected: it may throw, reject, answer late or never. An outage
 * begins with the first failure, is told once, and ends when everything that is open has been
 * written again; until then the sessions work in memory, and what is new is written as well, if
 * that is possible by then: the page may be closed before the next attempt.
 */
export class Keeper {
  readonly settings: KeeperSettings
  /** How much is kept of graphs; null: nothing. */
  readonly graphs: Required<GraphLimits> | null
  readonly #sessions = new Set<StoredSession>()
  #store: CommandStore | undefined
  #outage: { attempts: number } | undefined
  #outages = 0
  /** What failed when a failure was told last; undefined when that has worked since. */
  #told: Question | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isRestoring = false
  /** Something was to be written since the restoring began. */
  #isStale = false
  #isClosed = false

  constructor(settings: KeeperSettings) {
    this.settings = settings
    const given = settings.keepGraphs
    this.graphs = given === false ? null : { ...GRAPH_LIMITS, ...Object(given) }
  }

  /** Whether everything is kept in memory only. */
  get isOut(): boolean {
    return this.#outage !== undefined
  }

  session(living: Living): StoredSession {
    const session = new StoredSession(this, living)
    this.#sessions.add(session)
    return session
  }

  scopeOf(sessionId: string, actor_id: string): string {
    return JSON.stringify([this.settings.origin, sessionId, actor_id])
  }

  /** The actor may not see a session any more that nobody here is in: its graph goes. */
  withdraw(sessionId: string, actor_id: string): void {
    const scope = this.scopeOf(sessionId, actor_id)
    // What cannot be removed now is when the server refuses the next join.
    this.ask('records', async ({ records }) => records?.replace(scope, [])).catch(() => {})
  }

  /** A session is over, and nothing of it is left to write. */
  drop(session: StoredSession): void {
    this.#sessions.delete(session)
  }

  /** The store itself, for what must be under way when this call returns. Throws without one. */
  get store(): CommandStore {
    if (this.#store) return this.#store
    const store = this.settings.store ?? new IndexedDbStore(this.settings.owner)
    store.watch?.(
      (cause) => this.#lost(cause),
      (wasThere) => this.#left(wasThere ?? false),
    )
    return (this.#store = store)
  }

  /** Asks the store. Rejects with what it throws or rejects with, or after the limit. */
  ask<Answer>(
    question: Question,
    work: (store: CommandStore) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isOverdue = false
      const late = () => {
        isOverdue = true
        reject(new Overdue())
      }
      // In two parts: a page that stood still must not take its own sleep for that of the store.
      const half = LIMIT_MS / 2
      let timer = setTimeout(() => (timer = setTimeout(late, half)), half)
      const settle = (settled: () => void) => {
        clearTimeout(timer)
        settled()
        if (isOverdue) this.#restoreSoon(0)
      }
      try {
        Promise.resolve(work(this.store)).then(
          (answer) => {
            if (this.#told === question) this.#told = undefined
            settle(() => resolve(answer))
          },
          (cause: unknown) => settle(() => reject(cause)),
        )
      } catch (cause) {
        settle(() => reject(cause))
      }
    })
  }

  /** Writes a command, or the end of one. When that works in an outage, all is written again. */
  write(question: Question, work: (store: CommandStore) => Promise<void>): void {
    this.#isStale = true
    if (this.#isClosed) return
    if (!this.#outage) return void this.attempt(question, work)
    this.ask(question, work).then(
      () => this.#restoreSoon(0),
      () => {},
    )
  }

  /** Asks the store; what goes wrong begins an outage, or belongs to one that began meanwhile. */
  async attempt(question: Question, work: (store: CommandStore) => Promise<void>): Promise<void> {
    const outages = this.#outages
    try {
      await this.ask(question, work)
    } catch (cause) {
      if (outages === this.#outages) this.#failed(question, cause)
    }
  }

  /** The store does not work. Told once, until what failed has worked again. */
  #failed(question: Question, cause: unknown): void {
    if (this.#outage || this.#isClosed) return
    this.#outages += 1
    this.#outage = { attempts: 0 }
    if (!this.#told) this.#tell('Commands are kept in memory only', cause)
    this.#told = question
    if (isFull(cause)) for (const session of this.#sessions) session.makeRoom()
    this.#restoreSoon(0)
  }

  /** A graph was not written; when commands are not either, that was told. */
  graphFailed(cause: unknown): void {
    if (!this.#told && !this.#isClosed) this.#tell('The last graph is not kept', cause)
  }

  /** `isForgetting`: the store is still needed. */
  close(isForgetting: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const session of this.#sessions) session.close()
    if (!isForgetting) this.#closeStore()
  }

  /** Removes what is stored of the actor, or of all when nobody knows who this is. */
  async forget(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const actors = new Set<string>()
    if (this.settings.actor_id !== undefined) actors.add(this.settings.actor_id)
    for (const { actor_id } of this.#sessions) if (actor_id !== undefined) actors.add(actor_id)
    const matches = (scope: string) => {
      const [origin, , actor_id = ''] = scope.startsWith('[') ? (JSON.parse(scope) as string[]) : []
      const isOwn = actors.size === 0 || actors.has(actor_id)
      return origin === this.settings.origin && isOwn
    }
    try {
      const scopes = [...this.#sessions].flatMap(({ scope }) => scope ?? [])
      await this.ask('forget', (store) => store.forget?.(matches) ?? removeAll(store, scopes))
    } catch (cause) {
      throw this.settings.failure('What is stored was not removed', cause, wordsOf(cause))
    } finally {
      this.#closeStore()
    }
  }

  #tell(what: string, cause: unknown): void {
    this.settings.onFailed(this.settings.failure(what, cause, wordsOf(cause)))
  }

  #closeStore(): void {
    try {
      this.#store?.close()
    } catch {
      // There is nobody to tell any more.
    }
    this.#store = undefined
  }

  #lost(cause: unknown): void {
    this.#isStale = true
    for (const session of this.#sessions) session.lost()
    if (this.#sessions.size > 0) this.#failed('adopt', cause)
  }

  /** Another client is gone. */
  async #left(wasThere: boolean): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.takeLeft(wasThere)))
  }

  #restoreSoon(ms: number): void {
    if (this.#isClosed || !this.#outage) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#restore(), ms)
    // Waiting for a store keeps no process alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** Writes everything that is open; when that works, the outage is over. */
  async #restore(): Promise<void> {
    const outage = this.#outage
    if (!outage || this.#isRestoring) return
    this.#isRestoring = true
    try {
      do {
        this.#isStale = false
        for (const session of this.#sessions) await session.writeAll()
      } while (this.#isStale && !this.#isClosed)
      this.#outage = undefined
      for (const session of this.#sessions) session.take('live')
    } catch {
      // The application was told when the outage began; all of it is written when it ends.
      outage.attempts += 1
      this.#restoreSoon(Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** (outage.attempts - 1)))
    } finally {
      this.#isRestoring = false
    }
  }
}

/** For a store that can only forget one command after the other. */
async function removeAll(store: CommandStore, scopes: readonly string[]): Promise<void> {
  for (const scope of scopes) {
    for (const { command_id } of await store.adopt(scope)) await store.remove(scope, command_id)
    await store.records?.replace(scope, [])
  }
}
