import { figure } from '../report.js'
import { quantile } from '../statistics.js'
import { ratioOf, type Finding } from './findings.js'
import type { Delays } from './sdk-latency.js'

const p50 = (times: readonly number[]) => quantile(times, 0.5)

const STEPS = [
  { key: 'local', title: "until the client's own view" },
  { key: 'acked', title: 'until acknowledged' },
  { key: 'seen', title: "until the other client's view" },
] as const

/** The medians of all rounds, in milliseconds. */
export function delayTable(sdk: readonly Delays[], echo: readonly Delays[]): string[][] {
  const rows = STEPS.map(({ key, title }) => {
    const [own, floor] = [sdk, echo].map((rounds) => p50(rounds.flatMap((round) => round[key])))
    return [title, figure(floor ?? NaN), figure(own ?? NaN), figure((own ?? NaN) / (floor ?? NaN))]
  })
  return [['ms p50', 'Socket.IO echo', 'SDK', '×'], ...rows]
}

/** Each round's median to that of the echo beside it, and the own view in microseconds. */
export function delayFindings(sdk: readonly Delays[], echo: readonly Delays[]): Finding[] {
  const of = (rounds: readonly Delays[], key: keyof Delays) => rounds.map((one) => p50(one[key]))
  return [
    ratioOf({ what: 'acknowledged, to a plain echo' }, of(sdk, 'acked'), of(echo, 'acked')),
    ratioOf({ what: 'in the other view, to a plain echo' }, of(sdk, 'seen'), of(echo, 'seen')),
    ratioOf(
      { what: 'in the own view, to the acknowledgement' },
      of(sdk, 'local'),
      of(sdk, 'acked'),
    ),
  ]
}
