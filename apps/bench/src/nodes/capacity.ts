import { figure } from '../report.js'

/** CPU seconds of a command, in all, by who works for it. */
export type CommandCost = { nodes: number; postgres: number; redis: number }

/** What one command costs on one node, on two and on three, with its clients on two of them. */
export type Costs = readonly [one: CommandCost, two: CommandCost, three: CommandCost]

/** Connections of a node to PostgreSQL at most, and how many PostgreSQL accepts by default. */
const CONNECTIONS = 13
const MAX_CONNECTIONS = 100

type Limit = { what: string; perSecond: number }

/**
 * How many commands a second each part carries on a core of its own, with `count` nodes. Redis and
 * each node get every message, so that what these cost grows with the nodes; the third node tells how much.
 */
export function limitsOf([one, two, three]: Costs, count: number): Limit[] {
  const grown = (of: keyof CommandCost) =>
    count < 2 ? one[of] : two[of] + (count - 2) * Math.max(0, three[of] - two[of])
  return [
    { what: 'nodes', perSecond: count / grown('nodes') },
    // Each node appends groups of its own: with the same load on each they stay as large.
    { what: 'PostgreSQL', perSecond: 1 / (count < 2 ? one : two).postgres },
    { what: 'Redis', perSecond: 1 / grown('redis') },
  ]
}

const HEAD = [
  'nodes',
  'first at its limit',
  'nodes: commands/s',
  'PostgreSQL',
  'Redis',
  'connections',
]

/** What ten and a hundred nodes would carry, as a table. */
export function capacityTable(costs: Costs): string[][] {
  const rows = [1, 2, 3, 10, 100].map((count) => {
    const limits = limitsOf(costs, count)
    const first = limits.toSorted((a, b) => a.perSecond - b.perSecond)[0]
    const connections = CONNECTIONS * count
    const isOver = connections > MAX_CONNECTIONS
    return [
      String(count),
      first?.what ?? '',
      ...limits.map(({ perSecond }) => figure(perSecond)),
      `${connections}${isOver ? `, more than ${MAX_CONNECTIONS}` : ''}`,
    ]
  })
  return [HEAD, ...rows]
}
