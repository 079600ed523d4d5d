import { missingPrograms } from '@talus/services'
import { CASES, QUICK, type Load, type Timing } from '../cases.js'
import { startFloor, startTalus, type Contender } from '../contenders.js'
import type { Target } from '../interval.js'
import { medianOf, ratioOf, type Finding, type Findings } from '../sizes/findings.js'
import type { Part, PartOptions } from '../sizes/part.js'
import { capacityTable } from './capacity.js'
import { contest, costOf, each, HEAD, perGroup, preheat, rowOf, type Rounds } from './contest.js'
import { NodeGroup } from './node-group.js'
import { Services } from './services.js'

const TIMING: Timing = { warmUp: 0.8, measure: 2.4, rounds: 5 }

/** A client at each of two nodes, one of whom writes now and then. */
const WATCHED: Load = {
  rooms: 1,
  members: 2,
  writers: 1,
  pace: { kind: 'open', perSecond: 50 },
}

/** One session whose clients, at all nodes, all write as fast as they are answered. */
const HOT: Load = { rooms: 1, members: 12, writers: 12, pace: { kind: 'closed' } }

/** Sessions with a writer and somebody who watches at another node. */
const MANY: Load = { rooms: 50, members: 2, writers: 1, pace: { kind: 'closed' } }

/** Everything that is measured in one run. */
type Field = {
  floor: Contender
  sqlite: Contender
  services: Services
  /** One node, two, three: each group with a database of its own. */
  groups: readonly [NodeGroup, NodeGroup, NodeGroup]
}

type Outcome = Omit<Findings, 'title'> & { rows: string[][] }

const rate = (rounds: Rounds) => each(rounds, ({ commandsPerSecond }) => 1 / commandsPerSecond)
const cpu = (rounds: Rounds) => each(rounds, (round) => round.cpu)

const several = ['one node', 'two nodes', 'three nodes']

function groupsOf({ groups }: Field): { name: string; target: Target }[] {
  return groups.map((target, i) => ({ name: several[i] ?? '', target }))
}

/** The work of the other report, by who keeps the journal. */
async function stores(field: Field, options: Settings): Promise<Outcome> {
  const contestants = [
    { name: 'Socket.IO', target: field.floor.server },
    { name: 'Talus, SQLite', target: field.sqlite.server },
    { name: 'Talus, PostgreSQL', target: field.groups[0] },
  ]
  const rows: string[][] = []
  const list: Finding[] = []
  for (const { name, title, load } of CASES.filter((one) => one.load.pace.kind === 'closed')) {
    const measured = await contest(contestants, load, options.of(`stores, ${name}`))
    const [, sqlite, postgres] = measured
    if (!sqlite || !postgres) continue
    rows.push(...measured.map((rounds, i) => rowOf(i === 0 ? title : '', rounds)))
    const isGoal = name === '50x2'
    const what = `of PostgreSQL to SQLite, ${title}`
    list.push(
      ratioOf(
        { what: `time of a command ${what}`, ...(isGoal && { bound: 1 / 0.6 }) },
        rate(postgres),
        rate(sqlite),
      ),
      ratioOf(
        { what: `CPU of a node ${what}`, ...(isGoal && { bound: 1.3 }) },
        cpu(postgres),
        cpu(sqlite),
      ),
    )
    if (isGoal) {
      list.push({
        what: `statements for each group of commands, ${title}`,
        value: perGroup(postgres, 'statements'),
        unit: '',
        bound: 1.05,
      })
    }
  }
  return { rows, list, tables: [] }
}

/** How long after its acknowledgement at one node a command is seen at another. */
async function delivery({ groups }: Field, options: Settings): Promise<Outcome> {
  const contestants = [{ name: 'two nodes', target: groups[1] }]
  const [two] = await contest(contestants, WATCHED, options.of('delivery'))
  if (!two) throw new Error('Nothing was measured')
  const what = 'from the acknowledgement to the event at another node'
  const unit = ' ms'
  return {
    rows: [rowOf('one room of 2, 50 commands/s', two)],
    tables: [],
    list: [
      medianOf(
        { what: `${what}, p50`, unit, bound: 5 },
        each(two, ({ afterAckP50 }) => afterAckP50),
      ),
      medianOf(
        { what: `${what}, p99`, unit, bound: 25 },
        each(two, ({ afterAckP99 }) => afterAckP99),
      ),
    ],
  }
}

/** `isModel`: more nodes are reckoned from what this costs. */
type Spread = { title: string; load: Load; bound?: number; isModel?: boolean }

/** What several nodes make of the load of one. */
async function spread(
  field: Field,
  options: Settings,
  { title, load, bound, isModel = false }: Spread,
): Promise<Outcome> {
  const measured = await contest(groupsOf(field), load, options.of(title))
  const [one, ...more] = measured
  const [two, three] = more
  if (!one || !two || !three) throw new Error('Nothing was measured')
  return {
    rows: measured.map((rounds, i) => rowOf(i === 0 ? title : '', rounds)),
    tables: isModel ? [capacityTable([costOf(one), costOf(two), costOf(three)])] : [],
    list: more.flatMap((rounds) => [
      ratioOf(
        {
          what: `time of a command of ${rounds.name} to one, ${title}`,
          ...(bound !== undefined && { bound }),
        },
        rate(rounds),
        rate(one),
      ),
      ratioOf(
        { what: `CPU of a command of ${rounds.name} in all to one, ${title}` },
        cpu(rounds),
        cpu(one),
      ),
    ]),
  }
}

/** How each contest is timed. */
type Settings = {
  of: (what: string) => { timing: Timing; onRound: (round: number) => void }
}

function settingsOf({ quick, onProgress }: PartOptions): Settings {
  const timing = quick ? QUICK : TIMING
  return {
    of: (what) => ({
      timing,
      onRound: (round) => onProgress(`nodes: ${what}, round ${round} of ${timing.rounds}`),
    }),
  }
}

async function withField<T>(
  { nodeArgs }: PartOptions,
  work: (field: Field) => Promise<T>,
): Promise<T> {
  const services = await Services.start()
  const stops: (() => Promise<void>)[] = [() => services.stop()]
  try {
    const started = async (count: number) => {
      const group = await NodeGroup.start(services, count, nodeArgs)
      stops.push(() => group.stop())
      return group
    }
    const floor = await startFloor()
    stops.push(() => floor.stop())
    const sqlite = await startTalus(nodeArgs)
    stops.push(() => sqlite.stop())
    const groups = [await started(1), await started(2), await started(3)] as const
    return await work({ floor, sqlite, services, groups })
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
}

const TITLE = 'Several nodes over one PostgreSQL and Redis'

async function measureNodes(options: PartOptions): Promise<Findings> {
  const missing = missingPrograms()
  if (missing.length > 0) {
    // The other parts of the run are worth their report.
    const what = `not measured, as this machine has no ${missing.join(' and no ')}`
    return { title: TITLE, tables: [], list: [{ what, value: Number.NaN, unit: '' }] }
  }
  return withField(options, async (field) => {
    const settings = settingsOf(options)
    const { floor, sqlite, groups } = field
    if (!options.quick) await preheat([floor.server, sqlite.server, ...groups])
    const outcomes = [
      await stores(field, settings),
      await delivery(field, settings),
      // Whoever loses more is to send the commands of a session to one node.
      await spread(field, settings, {
        title: 'one room of 12, all write',
        load: HOT,
        bound: 1 / 0.8,
      }),
      await spread(field, settings, {
        title: '50 rooms of 2, a writer each',
        load: MANY,
        isModel: true,
      }),
    ]
    return {
      title: TITLE,
      tables: [
        [HEAD, ...outcomes.flatMap(({ rows }) => rows)],
        ...outcomes.flatMap(({ tables }) => tables),
      ],
      list: outcomes.flatMap(({ list }) => list),
    }
  })
}

/**
 * What several servers over one PostgreSQL and Redis cost. All nodes share the server's core, so that
 * commands a second tell what their work costs in all; PostgreSQL and Redis are on the generator's.
 */
export const nodesPart: Part = { name: 'nodes', run: measureNodes }
