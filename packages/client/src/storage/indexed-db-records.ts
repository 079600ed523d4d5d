import type { RecordStore } from '../queue/store.js'
import { commit, Database, settled } from './database.js'

const RECORDS = 'records'
const SCOPES = 'scopes'
const BOTH = [RECORDS, SCOPES]
const BY_SCOPE = 'scope'

type Row = { scope: string; text: string }
type Scope = { scope: string; at: number; bytes: number }

/**
 * Records in a database of their own, so that a large graph holds up no command. The key of a
 * record is its place among all.
 */
export class IndexedDbRecords implements RecordStore {
  readonly #database = new Database('talus-graphs', (database) => {
    database.createObjectStore(RECORDS, { autoIncrement: true }).createIndex(BY_SCOPE, 'scope')
    database.createObjectStore(SCOPES, { keyPath: 'scope' })
  })

  async read(scope: string): Promise<string[]> {
    const transaction = await this.#database.transaction([RECORDS], 'readonly')
    const all = transaction.objectStore(RECORDS).index(BY_SCOPE).getAll(scope)
    return (await settled(all as IDBRequest<Row[]>)).map(({ text }) => text)
  }

  async replace(scope: string, texts: readonly string[]): Promise<void> {
    const transaction = await this.#database.transaction(BOTH, 'readwrite')
    const [records, scopes] = storesOf(transaction)
    for (const key of await settled(records.index(BY_SCOPE).getAllKeys(scope))) records.delete(key)
    for (const text of texts) records.put({ scope, text } satisfies Row)
    const bytes = texts.reduce((sum, { length }) => sum + length, 0)
    if (bytes > 0) scopes.put({ scope, at: Date.now(), bytes } satisfies Scope)
    else scopes.delete(scope)
    await commit(transaction)
  }

  async append(scope: string, text: string): Promise<boolean> {
    const transaction = await this.#database.transaction(BOTH, 'readwrite')
    const [records, scopes] = storesOf(transaction)
    const known = await settled(scopes.get(scope) as IDBRequest<Scope | undefined>)
    if (!known) return false
    records.put({ scope, text } satisfies Row)
    scopes.put({ scope, at: Date.now(), bytes: known.bytes + text.length } satisfies Scope)
    await commit(transaction)
    return true
  }

  async list(): Promise<Scope[]> {
    const transaction = await this.#database.transaction([SCOPES], 'readonly')
    return settled(transaction.objectStore(SCOPES).getAll() as IDBRequest<Scope[]>)
  }

  close(): void {
    this.#database.close()
  }
}

function storesOf(transaction: IDBTransaction): [IDBObjectStore, IDBObjectStore] {
  return [transaction.objectStore(RECORDS), transaction.objectStore(SCOPES)]
}
