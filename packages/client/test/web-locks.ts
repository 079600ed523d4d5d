type Callback = (lock: object | null) => unknown

/**
 * Web Locks as far as a queue uses them, for Node, which has none: exclusive, first come first
 * served, and given back when what the callback returns is settled.
 */
export class WebLocks {
  readonly #held = new Map<string, Promise<unknown>>()

  async query(): Promise<{ held: { name: string }[] }> {
    return { held: Array.from(this.#held.keys(), (name) => ({ name })) }
  }

  async request(
    name: string,
    ...rest: [Callback] | [{ ifAvailable?: boolean; signal?: AbortSignal }, Callback]
  ): Promise<unknown> {
    const callback = rest.length === 1 ? rest[0] : rest[1]
    const ifAvailable = rest.length === 2 && rest[0].ifAvailable
    const before = this.#held.get(name)
    if (before && ifAvailable) return callback(null)
    const signal = rest.length === 2 ? rest[0].signal : undefined
    const mine = Promise.resolve(before).then(() => {
      signal?.throwIfAborted()
      return callback({ name })
    })
    this.#held.set(name, mine)
    try {
      return await mine
    } finally {
      if (this.#held.get(name) === mine) this.#held.delete(name)
    }
  }
}
