type Callback = (lock: object | null) => unknown

/**
 * Web Locks as far as a queue uses them, for Node, which has none: exclusive, first come first
 * served, and given back when what the callback returns is settled.
 */
export class WebLocks {
  readonly #held = new Map<string, Promise<unknown>>()

  async request(
    name: string,
    ...rest: [Callback] | [{ ifAvailable: boolean }, Callback]
  ): Promise<unknown> {
    const callback = rest.length === 1 ? rest[0] : rest[1]
    const ifAvailable = rest.length === 2 && rest[0].ifAvailable
    const before = this.#held.get(name)
    if (before && ifAvailable) return callback(null)
    const mine = Promise.resolve(before).then(() => callback({ name }))
    this.#held.set(name, mine)
    try {
      return await mine
    } finally {
      if (this.#held.get(name) === mine) this.#held.delete(name)
    }
  }
}
