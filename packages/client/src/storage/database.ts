export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB gave no reason'))
  })
}

/** Resolves when everything that a transaction was asked for is written. */
export function commit(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    const fail = () => reject(transaction.error ?? new Error('The transaction was aborted'))
    transaction.onabort = fail
    transaction.onerror = fail
    // By itself it commits after an answer, and a tab that closes now would not be there for it.
    transaction.commit?.()
  })
}

/** A database of IndexedDB that is opened when it is needed, and opened again when it was closed. */
export class Database {
  /** Called when somebody else has closed it: what it held may be gone. */
  onLost: (cause: unknown) => void = () => {}
  readonly #name: string
  readonly #create: (database: IDBDatabase) => void
  #opened: Promise<IDBDatabase> | undefined

  constructor(name: string, create: (database: IDBDatabase) => void) {
    this.#name = name
    this.#create = create
  }

  /** Rejects when the browser does not let this page open it. */
  async transaction(names: string[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    const opened = (this.#opened ??= this.#open())
    try {
      return (await opened).transaction(names, mode)
    } catch (error) {
      // Closed without a word, or never open: the next one opens it anew.
      if (this.#opened === opened) this.close()
      throw error
    }
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    opened?.then(
      (database) => database.close(),
      () => {},
    )
  }

  async #open(): Promise<IDBDatabase> {
    const factory = globalThis.indexedDB as IDBFactory | null | undefined
    if (!factory) throw new Error('there is no IndexedDB in this browser')
    const request = factory.open(this.#name, 1)
    request.onupgradeneeded = () => this.#create(request.result)
    const database = await settled(request)
    const lost = (why: string) => {
      database.close()
      this.#opened = undefined
      this.onLost(new Error(why))
    }
    database.onclose = () => lost('the browser has closed the database')
    // Another tab wants to change or to delete it, and waits until it is closed here.
    database.onversionchange = () => lost('another tab changes the database')
    return database
  }
}
