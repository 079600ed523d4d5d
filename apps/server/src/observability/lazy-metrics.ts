import { Counter, type Histogram, type Registry } from 'prom-client'

/** A count under its labels. Adding to it is all that a hot path does. */
export type Tally = { count: number }

type TallyOptions<L extends string> = {
  name: string
  help: string
  labelNames: L[]
}

/** A counter whose values are plain numbers until somebody scrapes. */
export class LazyCounter<L extends string> {
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

/** How often values fell into each bucket: as much of a histogram as a hot path can afford. */
export class Distribution {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  /** The samples of a Prometheus histogram: each bucket holds the ones before it. */
  samples(name: string, labels: Record<string, string>): Sample[] {
    let count = 0
    const buckets = this.#counts.map((inBucket, i) => {
      count += inBucket
      const le = this.#bounds[i] === undefined ? '+Inf' : String(this.#bounds[i])
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

type Sample = { metricName: string; labels: Record<string, string>; value: number }

type HistogramOptions = { name: string; help: string; buckets: readonly number[] }

/** A histogram by the values of at most one label, each of which has a distribution of its own. */
export class LazyHistogram {
  readonly #options: HistogramOptions
  readonly #kept = new Map<string, { labels: Record<string, string>; of: Distribution }>()

  constructor(registry: Registry, options: HistogramOptions) {
    this.#options = options
    const { name, help } = options
    const get = async () => ({ name, help, type: 'histogram', values: this.#samples() })
    // The registry knows metrics by their name, and asks them for nothing but this.
    registry.registerMetric({ name, get } as unknown as Histogram)
  }

  labels(labels: Record<string, string> = {}): Distribution {
    const key = Object.values(labels).join('\n')
    const known = this.#kept.get(key)
    if (known) return known.of
    const of = new Distribution(this.#options.buckets)
    this.#kept.set(key, { labels, of })
    return of
  }

  #samples(): Sample[] {
    const { name } = this.#options
    return [...this.#kept.values()].flatMap(({ labels, of }) => of.samples(name, labels))
  }
}
