import { quantile } from '../statistics.js'
import { KINDS, ROUND, type Kind } from './command-script.js'
import { figure } from '../report.js'
import type { Finding } from './findings.js'
import { quiet } from './quiet.js'
import { sendAll } from './requests.js'
import type { Subject } from './subject.js'

/** How the commands come: so many on their way at a time, so many of a kind in a row. */
export type Pace = { title: string; inFlight: number; count: number; rounds: number }

/** What commands of one kind in a row cost, each: CPU microseconds, and median milliseconds. */
type Sample = { cpu: number; latency: number }

/** What one session gave: samples of each kind, and microseconds of CPU of all, with snapshots. */
export type Costs = { title: string; samples: Map<Kind, Sample[]>; overall: number }

async function sample({ server, client, script }: Subject, kind: Kind, pace: Pace) {
  // A snapshot takes longer than the commands that made it due: at full speed one would always be
  // on its way, and nothing would tell what it costs from what a command costs.
  await quiet(server)
  const requests = script.take(kind, pace.count)
  const before = server.cpu()
  const latencies = await sendAll(client, requests, pace.inFlight)
  const cpu = ((server.cpu() - before) * 1e6) / requests.length
  return { cpu, latency: quantile(latencies, 0.5) }
}

function add(samples: Map<Kind, Sample[]>, kind: Kind, one: Sample): void {
  const all = samples.get(kind)
  if (all) all.push(one)
  else samples.set(kind, [one])
}

/** Measures all sessions in turn, kind by kind, so that the machine's moods hit them alike. */
export async function measureCosts(subjects: readonly Subject[], pace: Pace): Promise<Costs[]> {
  const before = subjects.map(({ server }) => server.cpu())
  const taken = subjects.map(() => new Map<Kind, Sample[]>())
  for (let round = 0; round < pace.rounds; round++) {
    for (const kind of ROUND) {
      for (const [i, subject] of subjects.entries()) {
        add(taken[i] ?? new Map(), kind, await sample(subject, kind, pace))
      }
    }
  }
  for (const { server } of subjects) await quiet(server)
  const commands = pace.rounds * ROUND.length * pace.count
  return subjects.map(({ title, server }, i) => ({
    title,
    samples: taken[i] ?? new Map(),
    overall: ((server.cpu() - (before[i] ?? 0)) * 1e6) / commands,
  }))
}

/**
 * The lower quartile: a snapshot that came due meanwhile, or another program, can only add to it.
 * What snapshots cost is told apart, by `overall`.
 */
function costOf({ samples }: Costs, kind: Kind, key: keyof Sample): number {
  return quantile(samples.get(kind)?.map((one) => one[key]) ?? [], 0.25)
}

/** A row for each kind: what it costs in the first session, and how many times that in others. */
export function costTable(costs: readonly Costs[], key: keyof Sample, unit: string): string[][] {
  const [floor, ...others] = costs
  if (!floor) return []
  const head = [unit, floor.title, ...others.map(({ title }) => `× ${title}`)]
  const rows = KINDS.map((kind) => {
    const least = costOf(floor, kind, key)
    const ratios = others.map((other) => figure(costOf(other, kind, key) / least))
    return [kind, figure(least), ...ratios]
  })
  if (key === 'latency') return [head, ...rows]
  const all = others.map(({ overall }) => figure(overall / floor.overall))
  return [head, ...rows, ['all, with snapshots', figure(floor.overall), ...all]]
}

/** For each larger session: the worst ratio of any kind, and that of all with the snapshots. */
export function costGoals(costs: readonly Costs[], what: string): Finding[] {
  const [floor, ...others] = costs
  if (!floor) return []
  return others.flatMap((other) => {
    const ratios = KINDS.map((kind): [number, Kind] => [
      costOf(other, kind, 'cpu') / costOf(floor, kind, 'cpu'),
      kind,
    ])
    const [worst, kind] = ratios.reduce((a, b) => (b[0] > a[0] ? b : a))
    const goal = { id: 'P8', unit: '×', bound: 1.3 }
    return [
      { ...goal, what: `${what}, ${other.title}, worst command (${kind})`, value: worst },
      {
        ...goal,
        what: `${what}, ${other.title}, with snapshots`,
        value: other.overall / floor.overall,
      },
    ]
  })
}
