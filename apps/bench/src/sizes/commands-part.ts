import { ROUND } from './command-script.js'
import { costGoals, costTable, measureCosts, type Pace } from './command-costs.js'
import type { Part, PartOptions } from './part.js'
import type { Shape } from './shape.js'
import { startSubject, type Subject } from './subject.js'

type Sized = { title: string; shape: Shape }

const SIZES: readonly Sized[] = [
  { title: '1,000 nodes', shape: { nodes: 1_001, fanOut: 10 } },
  { title: '100,000 nodes', shape: { nodes: 100_001, fanOut: 10 } },
  { title: '1,000,000 nodes', shape: { nodes: 1_000_001, fanOut: 10 } },
  { title: '100,000 siblings', shape: { nodes: 100_001, fanOut: 100_000 } },
]

const QUICK: readonly Sized[] = [
  { title: '1,000 nodes', shape: { nodes: 1_001, fanOut: 10 } },
  { title: '10,000 siblings', shape: { nodes: 10_001, fanOut: 10_000 } },
]

function pacesOf(quick: boolean): Pace[] {
  return [
    { title: 'one at a time', inFlight: 1, count: 100, rounds: quick ? 2 : 10 },
    { title: '32 in flight', inFlight: 32, count: 300, rounds: quick ? 2 : 8 },
  ]
}

/** V8 compiles what is called often; before that, everything costs a multiple. */
async function warmUp(subjects: readonly Subject[], quick: boolean): Promise<void> {
  const pace = { title: 'warm-up', inFlight: 32, count: 300, rounds: quick ? 1 : 3 }
  await measureCosts(subjects, pace)
}

async function measureAll(subjects: readonly Subject[], { quick, onProgress }: PartOptions) {
  onProgress('commands: warm-up')
  await warmUp(subjects, quick)
  const tables: string[][][] = []
  const goals = []
  for (const pace of pacesOf(quick)) {
    onProgress(`commands: ${pace.rounds * ROUND.length * pace.count} each, ${pace.title}`)
    const costs = await measureCosts(subjects, pace)
    tables.push(costTable(costs, 'cpu', `CPU µs, ${pace.title}`))
    if (pace.inFlight === 1) tables.push(costTable(costs, 'latency', 'ms until acknowledged'))
    goals.push(...costGoals(costs, `CPU per command, ${pace.title}`))
  }
  return { title: 'Commands in graphs of different size', tables, list: goals }
}

/** What a command costs the server, by the size of the graph (goal P8). */
export const commandsPart: Part = {
  name: 'commands',
  async run(options) {
    const subjects: Subject[] = []
    try {
      for (const { title, shape } of options.quick ? QUICK : SIZES) {
        options.onProgress(`commands: making ${title}`)
        subjects.push(await startSubject(title, shape, options.nodeArgs))
      }
      return await measureAll(subjects, options)
    } finally {
      for (const subject of subjects) await subject.stop()
    }
  },
}
