import type { Demand } from './concurrency-limit.js'

type Paused = { demand: Demand; end: () => void }

/**
 * Work that waits for a slow client. It takes no time, but what it holds in memory: beyond so much
 * the oldest of the user who has most is ended, so that nobody holds a place by not reading.
 */
export class PausedWork {
  readonly #most: { units: number; perUser: number }
  readonly #paused = new Set<Paused>()

  constructor(most: { units: number; perUser: number }) {
    this.#most = most
  }

  get size(): number {
    return this.#paused.size
  }

  /** Takes it in; the function that is given takes it out again. */
  add(demand: Demand, end: () => void): () => void {
    const paused = { demand, end }
    this.#paused.add(paused)
    this.#shrink(demand.user)
    return () => this.#paused.delete(paused)
  }

  #shrink(newest: string): void {
    const own = [...this.#paused].filter(({ demand }) => demand.user === newest)
    if (own.length > this.#most.perUser) this.#end(own[0])
    while (this.#paused.size > 1 && this.#units() > this.#most.units)
      this.#end(this.#oldestOfMost())
  }

  #units(): number {
    let units = 0
    for (const { demand } of this.#paused) units += demand.units
    return units
  }

  #oldestOfMost(): Paused | undefined {
    const byUser = new Map<string, Paused[]>()
    for (const paused of this.#paused) {
      const { user } = paused.demand
      byUser.set(user, [...(byUser.get(user) ?? []), paused])
    }
    return [...byUser.values()].sort((a, b) => b.length - a.length)[0]?.[0]
  }

  #end(paused: Paused | undefined): void {
    if (!paused) return
    this.#paused.delete(paused)
    paused.end()
  }
}
