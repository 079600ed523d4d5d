import { newId } from '../new-id.js'
import type { CommandStore, StoredCommand } from './store.js'

const DATABASE = 'talus'
const COMMANDS = 'commands'
const BY_SCOPE = 'scope'

/** `at` orders the commands of a scope, also across the clients that made them. */
type Row = StoredCommand & { scope: string; owner: string; at: number }

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1)
  request.onupgradeneeded = () => {
    const commands = request.result.createObjectStore(COMMANDS, {
      keyPath: ['scope', 'command_id'],
    })
    commands.createIndex(BY_SCOPE, 'scope')
  }
  return settled(request)
}

const lockOf = (owner: string) => `talus-queue:${owner}`

/**
 * The queue of one client among those of the other tabs. Each holds a Web Lock as long as it
 * lives; whose lock can be taken is gone, and what it left is adopted, by one of the others only.
 * Where there are no Web Locks everything is adopted: the server executes each command once.
 */
class IndexedDbStore implements CommandStore {
  readonly #owner = newId()
  readonly #locks = globalThis.navigator?.locks as LockManager | undefined
  readonly #database = open()
  #release: () => void = () => {}
  #last = 0

  constructor() {
    // Who uses the store is told by each call; here nobody listens.
    this.#database.catch(() => {})
    const held = new Promise<void>((resolve) => {
      this.#release = resolve
    })
    void this.#locks?.request(lockOf(this.#owner), () => held)
  }

  async adopt(scope: string): Promise<StoredCommand[]> {
    const owners = new Set((await this.#rows(scope)).map(({ owner }) => owner))
    owners.delete(this.#owner)
    const adopted: Row[] = []
    for (const owner of owners) {
      const take = async () => adopted.push(...(await this.#takeOver(scope, owner)))
      if (!this.#locks) await take()
      else {
        await this.#locks.request(lockOf(owner), { ifAvailable: true }, (lock) =>
          lock ? take() : undefined,
        )
      }
    }
    return adopted
      .toSorted((a, b) => a.at - b.at)
      .map(({ command_id, order, payload }) => ({ command_id, order, payload }))
  }

  async add(scope: string, command: StoredCommand): Promise<void> {
    this.#last = Math.max(this.#last + 1, Date.now())
    const row: Row = { ...command, scope, owner: this.#owner, at: this.#last }
    const commands = await this.#commands('readwrite')
    const put = commands.put(row)
    // By itself it commits after an answer, and a tab that closes now would not be there for it.
    commands.transaction.commit()
    await settled(put)
  }

  async remove(scope: string, command_id: string): Promise<void> {
    await settled((await this.#commands('readwrite')).delete([scope, command_id]))
  }

  close(): void {
    this.#release()
    void this.#database.then(
      (database) => database.close(),
      () => {},
    )
  }

  async #commands(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await this.#database).transaction(COMMANDS, mode).objectStore(COMMANDS)
  }

  async #rows(scope: string): Promise<Row[]> {
    const commands = await this.#commands('readonly')
    return settled(commands.index(BY_SCOPE).getAll(scope) as IDBRequest<Row[]>)
  }

  async #takeOver(scope: string, owner: string): Promise<Row[]> {
    // Read again: another tab may have taken them since.
    const rows = (await this.#rows(scope)).filter((row) => row.owner === owner)
    const commands = await this.#commands('readwrite')
    await Promise.all(rows.map((row) => settled(commands.put({ ...row, owner: this.#owner }))))
    return rows
  }
}

/** Keeps commands in the browser's IndexedDB, shared by all tabs of the origin. */
export function indexedDbStore(): CommandStore {
  return new IndexedDbStore()
}
