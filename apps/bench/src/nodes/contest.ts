import { PREHEAT, type Load, type Timing } from '../cases.js'
import type { CommandCost } from './capacity.js'
import type { Target } from '../interval.js'
import { figure } from '../report.js'
import { runRound, type Round } from '../round.js'
import { median } from '../statistics.js'

/** Who is measured, and its rounds. */
export type Rounds = { name: string; rounds: Round[] }

type Contestant = { name: string; target: Target }

/** Lets the compiler of V8 finish with each of them. */
export async function preheat(targets: readonly Target[]): Promise<void> {
  for (const target of targets) await runRound(target, PREHEAT.load, PREHEAT.timing)
}

/** Measures a load on each in turn, round after round. */
export async function contest(
  contestants: readonly Contestant[],
  load: Load,
  { timing, onRound }: { timing: Timing; onRound: (round: number) => void },
): Promise<Rounds[]> {
  const measured = contestants.map(({ name, target }) => ({ name, target, rounds: [] as Round[] }))
  for (let i = 1; i <= timing.rounds; i++) {
    onRound(i)
    for (const { target, rounds } of measured) rounds.push(await runRound(target, load, timing))
  }
  return measured.map(({ name, rounds }) => ({ name, rounds }))
}

/** A figure of each round. */
export function each({ rounds }: Rounds, of: (round: Round) => number): number[] {
  return rounds.map(of)
}

/** Of the services, what a command costs: of a counter, in the median. */
export function perCommand(of: Rounds, counter: string): number {
  return median(each(of, (round) => round.perCommand[counter] ?? Number.NaN))
}

/** Of a counter, for each group that a node had written. */
export function perGroup(of: Rounds, counter: string): number {
  return perCommand(of, counter) / perCommand(of, 'groups')
}

/** What a command costs, in all. */
export function costOf(of: Rounds): CommandCost {
  return {
    nodes: median(each(of, ({ cpu }) => cpu / 1_000)),
    postgres: perCommand(of, 'postgresCpu'),
    redis: perCommand(of, 'redisCpu'),
  }
}

export const HEAD = [
  'work',
  'server',
  'commands/s',
  'nodes: CPU ms per 1,000',
  'PostgreSQL',
  'Redis',
  'statements per group',
  'commands per group',
  'conflicts per 1,000',
  'ack p50 ms',
  'p99',
  'last p50 ms',
  'p99',
  'others',
]

/** A row of medians. */
export function rowOf(work: string, of: Rounds): string[] {
  const mid = (value: (round: Round) => number) => figure(median(each(of, value)))
  const cpu = (counter: string) => figure(1e6 * perCommand(of, counter))
  return [
    work,
    of.name,
    mid((round) => round.commandsPerSecond),
    mid((round) => 1_000 * round.cpu),
    cpu('postgresCpu'),
    cpu('redisCpu'),
    figure(perGroup(of, 'statements')),
    figure(1 / perCommand(of, 'groups')),
    figure(1_000 * perCommand(of, 'conflicts')),
    mid((round) => round.ackP50),
    mid((round) => round.ackP99),
    mid((round) => round.lastP50),
    mid((round) => round.lastP99),
    `${Math.round(100 * median(each(of, (round) => round.othersShare)))} %`,
  ]
}
