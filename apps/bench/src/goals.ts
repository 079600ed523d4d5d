import type { CaseName } from './cases.js'
import type { Measurement } from './measure.js'
import type { NoopRound } from './noop-round.js'
import type { Round } from './round.js'
import { median } from './statistics.js'

/** A ratio of Talus to its floor, and what it should be. */
export type Goal = {
  id: string
  what: string
  ratio: number
  /** Lowest and highest ratio of a round to the floor's round just before it. */
  range: [low: number, high: number]
  at: 'least' | 'most'
  bound: number
  met: boolean
}

type Pair = { talus: Round; floor: Round; noop?: NoopRound }
type Rule = {
  id: string
  subject: CaseName
  what: string
  at: Goal['at']
  bound: number
  of: (pair: Pair) => [value: number, floor: number | undefined]
}

const rate: Rule['of'] = ({ talus, floor }) => [talus.commandsPerSecond, floor.commandsPerSecond]
const cpu: Rule['of'] = ({ talus, floor }) => [talus.cpu, floor.cpu]

const RULES: readonly Rule[] = [
  { id: 'P1', subject: '1x100', what: 'commands/s', at: 'least', bound: 2.6, of: rate },
  { id: 'P1', subject: '1x100', what: 'CPU per command', at: 'most', bound: 0.32, of: cpu },
  { id: 'P2', subject: '1x100-16', what: 'commands/s', at: 'least', bound: 26, of: rate },
  { id: 'P2', subject: '1x100-16', what: 'CPU per command', at: 'most', bound: 0.035, of: cpu },
  { id: 'P3', subject: '50x2', what: 'commands/s', at: 'least', bound: 1.6, of: rate },
  {
    id: 'P3',
    subject: '50x2',
    what: 'commands/s to no-op acks/s',
    at: 'least',
    bound: 0.35,
    of: ({ talus, noop }) => [talus.commandsPerSecond, noop?.acksPerSecond],
  },
  { id: 'P4', subject: 'steady', what: 'CPU per command', at: 'most', bound: 0.45, of: cpu },
  {
    id: 'P4',
    subject: 'steady',
    what: "last receiver's p50",
    at: 'most',
    bound: 0.55,
    of: ({ talus, floor }) => [talus.lastP50, floor.lastP50],
  },
  {
    id: 'P4',
    subject: 'steady',
    what: "last receiver's p99",
    at: 'most',
    bound: 1,
    of: ({ talus, floor }) => [talus.lastP99, floor.lastP99],
  },
]

function pairsOf({ floor, talus, noop }: Measurement): Pair[] {
  return talus.flatMap((round, i) => {
    const beside = floor[i]
    const acks = noop[i]
    if (!beside) return []
    return [acks ? { talus: round, floor: beside, noop: acks } : { talus: round, floor: beside }]
  })
}

function judge(rule: Rule, pairs: Pair[]): Goal {
  const values = pairs.map((pair) => rule.of(pair))
  const ratios = values.map(([value, floor]) => value / (floor ?? Number.NaN))
  // Of the medians, as the table shows them, so that a reader can divide for himself.
  const ratio =
    median(values.map(([value]) => value)) / median(values.map(([, floor]) => floor ?? Number.NaN))
  const { id, what, at, bound } = rule
  const met = at === 'least' ? ratio >= bound : ratio <= bound
  return { id, what, ratio, range: [Math.min(...ratios), Math.max(...ratios)], at, bound, met }
}

/** The goals that these measurements tell about. */
export function goalsOf(measurements: readonly Measurement[]): Goal[] {
  return RULES.flatMap((rule) => {
    const subject = measurements.find((measured) => measured.name === rule.subject)
    const pairs = subject ? pairsOf(subject) : []
    return pairs.length > 0 ? [judge(rule, pairs)] : []
  })
}
