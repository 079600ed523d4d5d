import type { Blueprint } from '@talus/graph'
import type { Entry, HistoryEntry, JsonObject } from '@talus/protocol'
import type { Commands } from '../commands.js'
import { storeFailed, type TalusError } from '../errors.js'
import type { Replica, Snapshot } from '../graph/replica.js'
import { newId } from '../new-id.js'
import type { Joined } from '../joined.js'
import type { CommandStore, StoredCommand } from '../queue/store.js'
import { soon } from '../retry.js'
import type { Rest } from '../rest.js'
import type { Keeper } from './keeper.js'
import type { StoredSession } from './stored-session.js'

/** How much is kept of the last graphs, to be shown at once after a reload. */
export type GraphLimits = {
  /** Sessions, of which those written last are kept. Default 20. */
  sessions?: number
  /** How long a graph is shown after it was written last. Default 30. */
  days?: number
  /** Bytes of all graphs together; a graph that is larger is not kept. Default 100,000,000. */
  bytes?: number
}

export type StorageSettings = {
  origin: string
  /** Who this client says it is; undefined: only the server can tell. */
  actor_id: string | undefined
  /** Undefined: what the browser offers. */
  store: CommandStore | undefined
  keepGraphs: boolean | GraphLimits | undefined
  onFailed: (error: TalusError) => void
}

/** With what the part that is loaded later would otherwise have to share with this one. */
export type KeeperSettings = StorageSettings & { owner: string; failure: typeof storeFailed }

/** A graph as it was when the page was closed. */
export type LastGraph = {
  snapshot: Snapshot
  /** What came after the snapshot. */
  entries: readonly Entry[]
  joined: Joined
}

/** The living session, for which things are stored. */
export type Living = {
  sessionId: string
  commands: Commands
  replica: Replica
  rest: Rest
  blueprintOf: (template_id: string, document: JsonObject) => Promise<Blueprint | null>
  lastJoined: () => Joined | undefined
  /** Called when the store has answered, also when that was late. */
  restore: (last: LastGraph) => void
}

/** What a session tells of itself. */
export type Note =
  | { add: StoredCommand }
  | { remove: string }
  | { entry: Entry }
  | { loaded: readonly HistoryEntry[] }
  | 'live'
  /** It may not be shown any more. */
  | 'withdrawn'
  | 'ended'

/** Whether there is anything to store in. A getter that throws is a browser that forbids it. */
export function hasStore(store: CommandStore | null | undefined): boolean {
  if (store !== undefined) return store !== null
  try {
    return typeof indexedDB !== 'undefined'
  } catch {
    // Opening it fails later, and that is told.
    return true
  }
}

/**
 * What outlives the client. The work is done by a part that is loaded with the first session, so
 * nothing is opened before; until it is there, notes wait. Nothing here rejects but `forget`.
 */
export class Storage {
  readonly #settings: StorageSettings
  #keeper: Keeper | undefined
  #loading: Promise<Keeper | undefined> | undefined
  #isClosed = false
  #isForgetting = false
  /** That it could not be loaded. */
  #told = false

  constructor(settings: StorageSettings) {
    this.#settings = settings
  }

  session(living: Living): SessionStorage {
    return new SessionStorage(() => this.#load(), living)
  }

  /** The actor may not see a session any more that the client is not in. */
  withdraw(sessionId: string, actor_id: string): void {
    void this.#load().then((keeper) => keeper?.withdraw(sessionId, actor_id))
  }

  close(): void {
    this.#isClosed = true
    this.#keeper?.close(this.#isForgetting)
  }

  /** Removes what is stored of this client's actor. Rejects with STORE_FAILED. */
  async forget(): Promise<void> {
    this.#isForgetting = true
    const keeper = await this.#load()
    if (!keeper) throw storeFailed('What is stored was not removed', undefined)
    await keeper.forget()
  }

  #load(): Promise<Keeper | undefined> {
    return (this.#loading ??= this.#import())
  }

  async #import(): Promise<Keeper | undefined> {
    try {
      const { Keeper } = await import('./keeper.js')
      this.#keeper = new Keeper({ ...this.#settings, owner: newId(), failure: storeFailed })
      // What was noted before the client was closed is written first.
      if (this.#isClosed) void this.#loading?.then((keeper) => keeper?.close(this.#isForgetting))
      return this.#keeper
    } catch (cause) {
      // The next session, or the next connection, tries again.
      this.#loading = undefined
      const error = storeFailed('Commands are kept in memory only', cause)
      if (!this.#told) this.#settings.onFailed(error)
      this.#told = true
      return undefined
    }
  }
}

/** What of one session outlives the client. */
export class SessionStorage {
  readonly #load: () => Promise<Keeper | undefined>
  readonly #living: Living
  #stored: StoredSession | undefined
  #opening: Promise<void> | undefined
  #waiting: Note[] = []

  constructor(load: () => Promise<Keeper | undefined>, living: Living) {
    this.#load = load
    this.#living = living
    void this.#open()
  }

  note(note: Note): void {
    if (this.#stored) this.#stored.take(note)
    else if (this.#opening) this.#waiting.push(note)
  }

  /**
   * Resolves when what is stored has been taken in, or is not to be waited for any longer. The
   * server's word, once there is one, says whose it is.
   */
  async ready(actor_id?: string): Promise<void> {
    // Late answers are taken in as well.
    await soon(this.#open().then(() => this.#stored?.takeIn(actor_id)))
  }

  #open(): Promise<void> {
    return (this.#opening ??= this.#load().then((keeper) => {
      this.#stored = keeper?.session(this.#living)
      if (!this.#stored) this.#opening = undefined
      // Without a store the living session knows all that there is to store.
      for (const note of this.#waiting.splice(0)) this.#stored?.take(note)
      void this.#stored?.takeIn()
    }))
  }
}
