/** One sample of `/metrics`. */
export type Sample = { name: string; labels: Readonly<Record<string, string>>; value: number }

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

/** Parses the Prometheus text format. */
export function samplesIn(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value = ''] = LINE.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', held = '']) => [key, held])
    return [
      { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: numberOf(value) },
    ]
  })
}

/** The values of one scrape. */
export class Scrape {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly #byName = new Map<string, Sample[]>()

  constructor(text: string, at: number) {
    this.at = at
    for (const sample of samplesIn(text)) {
      const known = this.#byName.get(sample.name)
      if (known) known.push(sample)
      else this.#byName.set(sample.name, [sample])
    }
  }

  /** The sum over all labels; null if the metric is missing. */
  sum(name: string): number | null {
    const samples = this.#byName.get(name)
    return samples ? samples.reduce((sum, { value }) => sum + value, 0) : null
  }

  /** By the upper bounds of a histogram, over all other labels. */
  buckets(name: string): Map<number, number> {
    const counts = new Map<number, number>()
    for (const { labels, value } of this.#byName.get(`${name}_bucket`) ?? []) {
      const bound = numberOf(labels['le'] ?? '')
      counts.set(bound, (counts.get(bound) ?? 0) + value)
    }
    return counts
  }
}

/** How much of a counter came each second between two moments; null where it is not known. */
export function rate(before: Scrape, after: Scrape, name: string): number | null {
  const [a, b] = [before.sum(name), after.sum(name)]
  const seconds = (after.at - before.at) / 1_000
  // A server that was started anew counts from 0 again.
  return a === null || b === null || b < a || seconds <= 0 ? null : (b - a) / seconds
}

/**
 * Which value so large a part of what came between two moments did not exceed, as far as the bounds
 * of the histogram tell; null where nothing came.
 */
export function quantile(
  before: Scrape,
  after: Scrape,
  { name, part }: { name: string; part: number },
): number | null {
  const old = before.buckets(name)
  const bounds = [...after.buckets(name)]
    .map(([bound, count]) => ({ bound, count: count - (old.get(bound) ?? 0) }))
    .toSorted((a, b) => a.bound - b.bound)
  const total = bounds.at(-1)?.count ?? 0
  if (total <= 0) return null
  const wanted = total * part
  let [last, below] = [0, 0]
  for (const { bound, count } of bounds) {
    if (count >= wanted) {
      // What is beyond all bounds is at least the last one.
      if (bound === Number.POSITIVE_INFINITY) return last
      const share = count === below ? 1 : (wanted - below) / (count - below)
      return last + (bound - last) * share
    }
    ;[last, below] = [bound, count]
  }
  return last
}
