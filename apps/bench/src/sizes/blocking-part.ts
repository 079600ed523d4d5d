import { TalusData } from '../contenders.js'
import { figure } from '../report.js'
import { median } from '../statistics.js'
import { medianOf, type Finding, type Findings } from './findings.js'
import { makeGraph, projectFile } from './graph-making.js'
import { watchAll, WORKS, type WorkName } from './long-work.js'
import type { Part, PartOptions } from './part.js'
import { WATCHING, type Watched } from './pinger.js'
import { quiet } from './quiet.js'
import type { Shape } from './shape.js'

const SESSION = 'large'

/** At most that for others; and that for what the main thread works in one piece. */
const LONGEST_MS = 50
const LONGEST_PIECE_MS = 20

/** The longest of each kind that is told, with its goal if it has one. */
const LONGEST: readonly { key: Exclude<keyof Watched, 'took'>; what: string; bound?: number }[] = [
  { key: 'ping', what: 'ping', bound: LONGEST_MS },
  { key: 'commit', what: 'commit of a neighbour', bound: LONGEST_MS },
  { key: 'held', what: 'hold of the loop' },
  { key: 'cpu', what: 'CPU of that', bound: LONGEST_PIECE_MS },
]

type Round = ReadonlyMap<WorkName, Watched>

async function make(data: TalusData, shape: Shape): Promise<void> {
  const server = await data.start([])
  try {
    await makeGraph(server.url, SESSION, shape)
    await quiet(server)
  } finally {
    await server.stop()
  }
}

async function measureRounds(data: TalusData, shape: Shape, options: PartOptions) {
  const { quick, nodeArgs, onProgress } = options
  onProgress(`blocking: making ${shape.nodes} nodes`)
  await make(data, shape)
  const file = projectFile(shape)
  const rounds: Round[] = []
  for (let round = 1; round <= (quick ? 1 : 3); round++) {
    onProgress(`blocking: round ${round}`)
    const server = await data.start([...WATCHING, ...nodeArgs])
    try {
      rounds.push(await watchAll({ server, session_id: SESSION, shape, file, round }))
      await quiet(server)
    } finally {
      await server.stop()
    }
  }
  return rounds
}

/** The table of one graph, and what it says about the goals. */
export function blockingFindings(rounds: readonly Round[], nodes: number): Findings {
  const of = (name: WorkName, key: keyof Watched) =>
    rounds.map((round) => round.get(name)?.[key] ?? Number.NaN)
  const rows = WORKS.map(({ name }) => {
    const longest = LONGEST.flatMap(({ key }) => [
      median(of(name, key)),
      Math.max(...of(name, key)),
    ])
    return [name, ...[median(of(name, 'took')), ...longest].map(figure)]
  })
  const list = WORKS.flatMap((work): Finding[] => {
    const { name } = work
    if (name === 'nothing') return []
    const named = { id: 'P9', unit: ' ms' }
    const took = 'bound' in work ? [{ ...named, what: name, bound: work.bound }] : []
    return [
      ...took.map((finding) => medianOf(finding, of(name, 'took'))),
      ...LONGEST.map(({ key, what, ...goal }) =>
        medianOf({ ...named, what: `longest ${what}, ${name}`, ...goal }, of(name, key)),
      ),
    ]
  })
  const title = `How long others wait, ${nodes.toLocaleString('en')} nodes`
  const heads = LONGEST.flatMap(({ what }) => [`longest ${what}`, 'of all rounds'])
  return { title, tables: [[['work', 'ms', ...heads], ...rows]], list }
}

/** How long the event loop of the server is blocked by work on a large session (goal P9). */
export const blockingPart: Part = {
  name: 'blocking',
  async run(options) {
    const shape = { nodes: options.quick ? 5_000 : 100_000, fanOut: 10 }
    const data = await TalusData.create()
    try {
      return blockingFindings(await measureRounds(data, shape, options), shape.nodes)
    } finally {
      await data.remove()
    }
  },
}
