import type { Stamp } from './stamps.js'

/** The stamp of something before and after an entry; absent: nobody had written it. */
export type Transition = { readonly before?: Stamp | undefined; readonly after?: Stamp | undefined }

const NONE: never[] = []

/** So many are found sooner by looking than by a map. */
const FEW = 8

/**
 * How an entry moved the stamps of what it touched, by `keyOf`. Nearly every entry touches one
 * thing, and a session keeps thousands: they lie in one array, with a map only beside many.
 */
export class Transitions implements Iterable<[key: string, Transition]> {
  #keys: string[] = NONE
  #stamps: (Stamp | undefined)[] = NONE
  #index: Map<string, number> | undefined

  /** Each key once. */
  add(key: string, { before, after }: Transition): void {
    if (this.#keys.length === 0) {
      // An array that begins with what it holds has no room beside it.
      this.#keys = [key]
      this.#stamps = [before, after]
      return
    }
    this.#keys.push(key)
    this.#stamps.push(before, after)
    this.#index?.set(key, this.#keys.length - 1)
  }

  get(key: string): Transition | undefined {
    const i = this.#find(key)
    return i < 0 ? undefined : { before: this.#stamps[2 * i], after: this.#stamps[2 * i + 1] }
  }

  has(key: string): boolean {
    return this.#find(key) >= 0
  }

  *[Symbol.iterator](): Generator<[string, Transition]> {
    for (const [i, key] of this.#keys.entries()) {
      yield [key, { before: this.#stamps[2 * i], after: this.#stamps[2 * i + 1] }]
    }
  }

  #find(key: string): number {
    if (this.#keys.length <= FEW) return this.#keys.indexOf(key)
    this.#index ??= this.#indexed()
    return this.#index.get(key) ?? -1
  }

  #indexed(): Map<string, number> {
    const index = new Map<string, number>()
    for (let i = 0; i < this.#keys.length; i += 1) index.set(this.#keys[i] ?? '', i)
    return index
  }
}
