import { dice } from '../random-history.js'

/** Choices from a seed. */
export class Dealer {
  readonly below: (bound: number) => number

  constructor(seed: number) {
    this.below = dice(seed)
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('There is nothing to pick from')
    return values[this.below(values.length)] as T
  }

  /** One of the keys, each as often as its weight says. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][]
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
    let rest = this.below(total)
    for (const [key, weight] of entries) {
      if (rest < weight) return key
      rest -= weight
    }
    throw new Error('The weights add up to less than their sum')
  }
}
