import { Counter, type Registry } from 'prom-client'

/** A count under its labels. Adding to it is all that a hot path does. */
export type Tally = { count: number }

export type TallyOptions<L extends string> = {
  name: string
  help: string
  labelNames: L[]
}

/** A counter whose values are plain numbers until somebody scrapes. */
export class Tallies<L extends string> {
  readonly #kept: { labels: Record<L, string>; tally: Tally }[] = []

  constructor(registry: Registry, options: TallyOptions<L>) {
    const kept = this.#kept
    new Counter({
      ...options,
      registers: [registry],
      collect() {
        this.reset()
        for (const { labels, tally } of kept) this.inc(labels, tally.count)
      },
    })
  }

  /** A new count under these labels: whoever asks keeps it. */
  labels(labels: Record<L, string>): Tally {
    const tally = { count: 0 }
    this.#kept.push({ labels, tally })
    return tally
  }
}
