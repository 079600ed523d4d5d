import type { CommandStore, RecordStore, StoredCommand } from '../src/index.js'

/** A store that works, and outlives its clients. It gives whatever it holds, to anybody. */
export class MemoryStore implements CommandStore {
  readonly #commands = new Map<string, Map<string, StoredCommand>>()
  readonly #records = new Map<string, string[]>()

  readonly records: RecordStore = {
    read: async (scope) => [...(this.#records.get(scope) ?? [])],
    replace: async (scope, records) => {
      if (records.length === 0) this.#records.delete(scope)
      else this.#records.set(scope, [...records])
    },
    append: async (scope, record) => this.#records.get(scope)?.push(record) !== undefined,
    list: async () =>
      Array.from(this.#records, ([scope, { length }]) => ({
        scope,
        at: Date.now(),
        bytes: length,
      })),
  }

  /** The ids of the commands that it holds, and all texts of graphs. */
  get ids(): string[] {
    return [...this.#commands.values()].flatMap((commands) => [...commands.keys()])
  }

  get texts(): string {
    return [...this.#records.values()].flat().join('\n')
  }

  async adopt(scope: string): Promise<StoredCommand[]> {
    return [...(this.#commands.get(scope)?.values() ?? [])]
  }

  async add(scope: string, command: StoredCommand): Promise<void> {
    const commands = this.#commands.get(scope) ?? new Map<string, StoredCommand>()
    this.#commands.set(scope, commands.set(command.command_id, command))
  }

  async remove(scope: string, command_id: string): Promise<void> {
    this.#commands.get(scope)?.delete(command_id)
  }

  close(): void {}
}

export const METHODS = ['adopt', 'add', 'remove', 'read', 'replace', 'append', 'close'] as const
export type Method = (typeof METHODS)[number] | 'every method'

export const WAYS = ['throws', 'rejects', 'never answers', 'answers late'] as const
export type Way = (typeof WAYS)[number]

const LATE_MS = 3_000

/** A store of which one method goes wrong in one way, from `breaks` to `heals`. */
export class FaultyStore implements CommandStore {
  readonly records: RecordStore
  /** How often it went wrong. */
  faults = 0
  #fault: { method: Method; way: Way } | undefined
  readonly #store: MemoryStore

  constructor(store: MemoryStore) {
    this.#store = store
    const { records } = store
    this.records = {
      read: (scope) => this.#do('read', () => records.read(scope)),
      replace: (scope, texts) => this.#do('replace', () => records.replace(scope, texts)),
      append: (scope, record) => this.#do('append', () => records.append(scope, record)),
      list: () => records.list(),
    }
  }

  breaks(method: Method, way: Way): void {
    this.#fault = { method, way }
  }

  heals(): void {
    this.#fault = undefined
  }

  adopt(scope: string): Promise<StoredCommand[]> {
    return this.#do('adopt', () => this.#store.adopt(scope))
  }

  add(scope: string, command: StoredCommand): Promise<void> {
    return this.#do('add', () => this.#store.add(scope, command))
  }

  remove(scope: string, command_id: string): Promise<void> {
    return this.#do('remove', () => this.#store.remove(scope, command_id))
  }

  close(): void {
    void this.#do('close', async () => {}).catch(() => {})
  }

  #do<Answer>(method: Method, work: () => Promise<Answer>): Promise<Answer> {
    const fault = this.#fault
    if (!fault || (fault.method !== method && fault.method !== 'every method')) return work()
    this.faults += 1
    switch (fault.way) {
      case 'throws':
        throw new DOMException('denied', 'SecurityError')
      case 'rejects':
        return Promise.reject(new DOMException('full', 'QuotaExceededError'))
      case 'never answers':
        return new Promise(() => {})
      case 'answers late':
        return new Promise((resolve) => {
          setTimeout(() => resolve(work()), LATE_MS)
        })
      default:
        return fault.way satisfies never
    }
  }
}
