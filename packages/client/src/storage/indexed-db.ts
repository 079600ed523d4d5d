import { commit, Database, settled } from './database.js'
import { IndexedDbRecords } from './indexed-db-records.js'
import type { CommandStore, StoredCommand } from '../queue/store.js'

const COMMANDS = 'commands'
const BY_SCOPE = 'scope'

/** How long another tab's lock is waited for, in milliseconds: the question is answered at once. */
const LOCK_PATIENCE_MS = 500

/** `at` orders the commands of a scope, also across the clients that made them. */
type Row = StoredCommand & { scope: string; owner: string; at: number }

const LOCKS = 'talus-queue:'

const lockOf = (owner: string) => `${LOCKS}${owner}`

/** Where a client tells those of other tabs that it is there. */
const NEWS = 'talus-queues'

/** Undefined where there are none, or where the page may not use them. */
function webLocks(): LockManager | undefined {
  try {
    return globalThis.navigator?.locks
  } catch {
    // Without locks another tab adopts what is here, which is executed once all the same.
    return undefined
  }
}

/**
 * The queue of one client among those of the other tabs. Each holds a Web Lock as long as it
 * lives, and the others wait for that lock: whoever gets it adopts what was left, alone. Where there are no Web Locks everything is adopted: the server executes each command once.
 */
export class IndexedDbStore implements CommandStore {
  readonly records = new IndexedDbRecords()
  readonly #owner: string
  readonly #database = new Database('talus', (database) => {
    const commands = database.createObjectStore(COMMANDS, { keyPath: ['scope', 'command_id'] })
    commands.createIndex(BY_SCOPE, 'scope')
  })
  #locks: LockManager | undefined
  #release: (() => void) | undefined
  #news: BroadcastChannel | undefined
  readonly #closing = new AbortController()
  /** Clients that are waited for, and whether `adopt` has met what they have here. */
  readonly #others = new Map<string, boolean>()
  /** Clients that are gone, and whose locks are held here. */
  readonly #gone = new Set<string>()
  #onLeft: ((wasThere: boolean) => Promise<void>) | undefined
  #last = 0

  /** `owner`: an id of its own for each client. */
  constructor(owner: string) {
    this.#owner = owner
  }

  watch(onLost: (cause: unknown) => void, onLeft: (wasThere: boolean) => Promise<void>): void {
    this.#database.onLost = onLost
    this.#onLeft = onLeft
  }

  async adopt(scope: string): Promise<StoredCommand[]> {
    this.#hold()
    const owners = new Set((await this.#rows(scope)).map(({ owner }) => owner))
    owners.delete(this.#owner)
    const adopted: Row[] = []
    for (const owner of owners) {
      const takeOver = async () => adopted.push(...(await this.#takeOver(scope, owner)))
      // A page that is being replaced by this one may give up its lock a moment later.
      if (!(await this.#ifGone(owner, takeOver))) void this.#awaitEnd(owner, true)
    }
    return adopted
      .sort((a, b) => a.at - b.at)
      .map(({ command_id, order, payload, refused }) => ({
        command_id,
        order,
        payload,
        ...(refused && { refused }),
      }))
  }

  async add(scope: string, command: StoredCommand): Promise<void> {
    this.#hold()
    this.#last = Math.max(this.#last + 1, Date.now())
    const row: Row = { ...command, scope, owner: this.#owner, at: this.#last }
    const commands = await this.#commands('readwrite')
    commands.put(row)
    await commit(commands.transaction)
  }

  async remove(scope: string, command_id: string): Promise<void> {
    const commands = await this.#commands('readwrite')
    commands.delete([scope, command_id])
    await commit(commands.transaction)
  }

  async forget(matches: (scope: string) => boolean): Promise<void> {
    const commands = await this.#commands('readwrite')
    for (const key of await settled(commands.getAllKeys())) {
      if (matches((key as [string, string])[0])) commands.delete(key)
    }
    await commit(commands.transaction)
    for (const { scope } of await this.records.list()) {
      if (matches(scope)) await this.records.replace(scope, [])
    }
  }

  close(): void {
    this.#closing.abort()
    this.#news?.close()
    this.#release?.()
    this.#database.close()
    this.records.close()
  }

  /** Says to the other tabs that this one lives. */
  #hold(): void {
    if (this.#release) return
    const held = new Promise<void>((resolve) => (this.#release = resolve))
    this.#locks = webLocks()
    const hold = () => {
      // Told of sooner, others could get the lock first and take this client for gone. What cannot
      // be learned of them now is adopted with the next connection.
      this.#meet().catch(() => {})
      return held
    }
    // Without the lock others adopt what is here, which is executed once all the same.
    Promise.resolve(this.#locks?.request(lockOf(this.#owner), hold)).catch(() => {
      this.#locks = undefined
    })
  }

  /** Waits for the end of the clients that are there, and of those that come. */
  async #meet(): Promise<void> {
    const locks = this.#locks
    if (!locks || this.#closing.signal.aborted) return
    const news = (this.#news = new BroadcastChannel(NEWS))
    // In Node it would keep the process alive.
    ;(news as { unref?: () => void }).unref?.()
    news.onmessage = ({ data }) => void this.#awaitEnd(String(data))
    news.postMessage(this.#owner)
    const { held = [] } = await locks.query()
    for (const { name = '' } of held) {
      if (name.startsWith(LOCKS)) void this.#awaitEnd(name.slice(LOCKS.length))
    }
    // What was written and left in between.
    await this.#onLeft?.(false)
  }

  /** Adopts what a client has left, when it ends. */
  async #awaitEnd(owner: string, wasThere = false): Promise<void> {
    const locks = this.#locks
    const onLeft = this.#onLeft
    if (!locks || !onLeft || owner === this.#owner) return
    const isAwaited = this.#others.has(owner)
    if (wasThere || !isAwaited) this.#others.set(owner, wasThere)
    if (isAwaited) return
    const adopt = async () => {
      this.#gone.add(owner)
      await onLeft(this.#others.get(owner) === true).finally(() => this.#gone.delete(owner))
    }
    const { signal } = this.#closing
    try {
      await locks.request(lockOf(owner), { signal }, adopt)
    } catch {
      // This client was closed first, or may not wait.
    }
    this.#others.delete(owner)
  }

  /** Does the work while no other tab does it. False, and nothing is done, when the owner lives. */
  async #ifGone(owner: string, work: () => Promise<unknown>): Promise<boolean> {
    const locks = this.#locks
    const worked = async () => {
      await work()
      return true
    }
    if (!locks || this.#gone.has(owner)) return worked()
    let isAnswered = false
    let isLate = false
    const asked = locks.request(lockOf(owner), { ifAvailable: true }, (lock) => {
      isAnswered = true
      return lock && !isLate ? worked() : false
    })
    const working = Promise.resolve(asked).catch((error: unknown) => {
      if (isAnswered) throw error
      // A browser that forbids locks forbids them to all tabs.
      isAnswered = true
      return worked()
    })
    const patience = new Promise<void>((resolve) => setTimeout(resolve, LOCK_PATIENCE_MS))
    await Promise.race([working, patience])
    if (isAnswered) return working
    isLate = true
    return false
  }

  async #commands(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await this.#database.transaction([COMMANDS], mode)).objectStore(COMMANDS)
  }

  async #rows(scope: string): Promise<Row[]> {
    const commands = await this.#commands('readonly')
    return settled(commands.index(BY_SCOPE).getAll(scope) as IDBRequest<Row[]>)
  }

  async #takeOver(scope: string, owner: string): Promise<Row[]> {
    // Read again: another tab may have taken them since.
    const rows = (await this.#rows(scope)).filter((row) => row.owner === owner)
    const commands = await this.#commands('readwrite')
    for (const row of rows) commands.put({ ...row, owner: this.#owner })
    await commit(commands.transaction)
    return rows
  }
}
