import { expect, it } from 'vitest'
import { costGoals, costTable, type Costs } from '../src/sizes/command-costs.js'
import { KINDS, type Kind } from '../src/sizes/command-script.js'

function costs(title: string, overall: number, cpu: (kind: Kind) => number[]): Costs {
  const samples = KINDS.map(
    (kind) => [kind, cpu(kind).map((one) => ({ cpu: one, latency: one / 1_000 }))] as const,
  )
  return { title, overall, samples: new Map(samples) }
}

// A snapshot hit two of the eight samples of the larger graph.
const small = costs('1,000 nodes', 130, () => [100, 101, 102, 103, 104, 105, 106, 107])
const large = costs('100,000 nodes', 260, (kind) => {
  const times = kind === 'MoveNode' ? 1.5 : 1.1
  return [100, 101, 102, 103, 104, 105, 900, 900].map((one) => one * times)
})

it('divides the lower quartile by that of the first session', () => {
  expect(costTable([small, large], 'cpu', 'CPU µs')).toEqual([
    ['CPU µs', '1,000 nodes', '× 100,000 nodes'],
    ...KINDS.map((kind) => [kind, '101', kind === 'MoveNode' ? '1.5' : '1.1']),
    ['all, with snapshots', '130', '2.0'],
  ])
})

it('has no snapshots in the table of latencies', () => {
  expect(costTable([small, large], 'latency', 'ms')).toHaveLength(1 + KINDS.length)
})

it('names the command that costs most more, and what snapshots add', () => {
  const [worst, overall, ...rest] = costGoals([small, large], 'CPU')
  expect(rest).toEqual([])
  expect(worst).toMatchObject({ what: 'CPU, 100,000 nodes, worst command (MoveNode)', bound: 1.3 })
  expect(worst?.value).toBeCloseTo(1.5)
  expect(overall).toMatchObject({ what: 'CPU, 100,000 nodes, with snapshots', value: 2 })
})
