import type { TestApp } from './harness.js'

/** What a scrape of Prometheus sees: samples by name, each with its labels. */
export class Scraped {
  readonly #samples: { name: string; labels: Record<string, string>; value: number }[] = []
  /** Names that are declared, with their type. */
  readonly types = new Map<string, string>()
  readonly help = new Map<string, string>()

  constructor(text: string) {
    for (const line of text.split('\n')) this.#read(line)
  }

  /** Names of samples: of a histogram also its `_bucket`, `_sum` and `_count`. */
  names(): Set<string> {
    return new Set(this.#samples.map(({ name }) => name))
  }

  labelsOf(name: string): Set<string> {
    const samples = this.#samples.filter((sample) => sample.name === name)
    return new Set(samples.flatMap(({ labels }) => Object.keys(labels)))
  }

  /** The sum of the samples with this name and these labels; undefined when there are none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const wanted = Object.entries(labels)
    const found = this.#samples.filter(
      (sample) => sample.name === name && wanted.every(([key, is]) => sample.labels[key] === is),
    )
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  #read(line: string): void {
    const [, kind, declared = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') this.help.set(declared, rest)
    if (kind === 'TYPE') this.types.set(declared, rest)
    const sample = /^([a-z_][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line)
    if (!sample) return
    const [, name = '', labels = '', value = ''] = sample
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
    this.#samples.push({
      name,
      labels: Object.fromEntries(pairs.map(([, key = '', is = '']) => [key, is])),
      value: Number(value),
    })
  }
}

export async function scrape(url: string, headers: HeadersInit = {}): Promise<Scraped> {
  const response = await fetch(`${url}/metrics`, { headers })
  if (response.status !== 200) throw new Error(`The scrape answered ${response.status}`)
  return new Scraped(await response.text())
}

/** A scrape of a server without authentication. */
export function scrapeOf(app: TestApp): Promise<Scraped> {
  return scrape(app.url)
}
