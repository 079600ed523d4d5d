import { alignedTable } from './aligned-table.js'
import type { Goal } from './goals.js'
import type { Measurement } from './measure.js'
import type { Round } from './round.js'
import { median } from './statistics.js'

const HEAD = [
  'work',
  'server',
  'commands/s',
  '×',
  'CPU s per 1,000',
  '×',
  'ack p50 ms',
  'p99',
  'last p50 ms',
  'p99',
  'server busy',
  'generator',
  'others',
]

/** A number with as many digits as mean something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(value >= 10 ? 3 : 2)
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

function medianOf<Key extends string>(rounds: readonly Record<Key, number>[], key: Key): number {
  return median(rounds.map((round) => round[key]))
}

/** What of a round is one number. */
type Measured = Exclude<keyof Round, 'perCommand'>

function row(server: string, rounds: readonly Round[], floor: readonly Round[]): string[] {
  const of = (key: Measured) => medianOf(rounds, key)
  const ratio = (key: Measured) => (rounds === floor ? '1' : figure(of(key) / medianOf(floor, key)))
  return [
    server,
    figure(of('commandsPerSecond')),
    ratio('commandsPerSecond'),
    figure(of('cpu')),
    ratio('cpu'),
    figure(of('ackP50')),
    figure(of('ackP99')),
    figure(of('lastP50')),
    figure(of('lastP99')),
    percent((of('commandsPerSecond') * of('cpu')) / 1000),
    percent(of('generatorShare')),
    percent(of('othersShare')),
  ]
}

function rowsOf({ title, floor, talus, noop }: Measurement): string[][] {
  const rows = [[title, ...row('Socket.IO', floor, floor)]]
  if (talus.length > 0) rows.push(['', ...row('Talus', talus, floor)])
  if (noop.length > 0) {
    const [rate, cpu] = [medianOf(noop, 'acksPerSecond'), medianOf(noop, 'cpu')]
    const busy = [
      percent((rate * cpu) / 1000),
      percent(medianOf(noop, 'generatorShare')),
      percent(medianOf(noop, 'othersShare')),
    ]
    rows.push(['', 'no-op ack', figure(rate), '', figure(cpu), '', '', '', '', '', ...busy])
  }
  return rows
}

/** The medians as a Markdown table. */
export function table(measurements: readonly Measurement[]): string {
  return alignedTable([HEAD, ...measurements.flatMap(rowsOf)], 2)
}

/** One line for each goal, with the spread of its rounds. */
export function goalList(goals: readonly Goal[]): string {
  return goals
    .map(({ id, what, ratio, range, at, bound, met }) => {
      const spread = range.map(figure).join('–')
      const wanted = `${at === 'least' ? '≥' : '≤'} ${bound}`
      return `- ${id} ${what}: ${figure(ratio)}× (rounds ${spread}), goal ${wanted}: ${met ? 'met' : 'missed'}`
    })
    .join('\n')
}
