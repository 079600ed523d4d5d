import { startFloor, startTalus } from '../contenders.js'
import type { ServerProcess } from '../server-process.js'
import { delayFindings, delayTable } from './delay-table.js'
import type { Findings } from './findings.js'
import type { Part, PartOptions } from './part.js'
import { replicaMemory } from './replica-memory.js'
import { followChanges, followEvents } from './sdk-follower.js'
import { echoDelays, sdkDelays, type Delays } from './sdk-latency.js'
import { WayUnderTest, type Amount, type Way } from './sdk-streams.js'
import { streamGoals, streamTable, type StreamSample } from './stream-findings.js'

type Servers = { floor: ServerProcess; talus: ServerProcess }
type Pace = Amount & { title: string }

function pacesOf(quick: boolean): Pace[] {
  return [
    { title: 'one at a time', inFlight: 1, count: quick ? 50 : 200 },
    { title: '32 in flight', inFlight: 32, count: quick ? 300 : 2_000 },
  ]
}

async function measureDelays({ floor, talus }: Servers, { quick, onProgress }: PartOptions) {
  onProgress('sdk: delays')
  const [sdk, echo]: [Delays[], Delays[]] = [[], []]
  const count = quick ? 50 : 300
  // The first round compiles the code of all four sides.
  for (let i = 0; i <= (quick ? 1 : 5); i++) {
    const beside = [await echoDelays(floor.url, count), await sdkDelays(talus.url, count)] as const
    if (i === 0) continue
    echo.push(beside[0])
    sdk.push(beside[1])
  }
  return { table: delayTable(sdk, echo), list: delayFindings(sdk, echo) }
}

async function sampleAll(ways: readonly WayUnderTest[], pace: Pace, rounds: number) {
  const samples = ways.map((): StreamSample[] => [])
  for (let i = 0; i < rounds; i++) {
    for (const [n, way] of ways.entries()) samples[n]?.push(await way.sample(pace))
  }
  return samples
}

function waysOf({ floor, talus }: Servers): Way[] {
  const events = { stream: 'events', follow: followEvents } as const
  const changes = { stream: 'changes', follow: followChanges } as const
  return [
    { title: 'Socket.IO, three events', server: floor, ...events },
    { title: 'Talus, `events`', server: talus, ...events },
    { title: 'Talus, `changes`, SDK', server: talus, ...changes },
  ]
}

async function measureStreams(servers: Servers, { quick, onProgress }: PartOptions) {
  const ways: WayUnderTest[] = []
  try {
    for (const way of waysOf(servers)) ways.push(await WayUnderTest.open(way))
    const [tables, list]: [string[][][], Findings['list']] = [[], []]
    for (const pace of pacesOf(quick)) {
      onProgress(`sdk: streams, ${pace.title}`)
      await sampleAll(ways, pace, 1)
      const samples = await sampleAll(ways, pace, quick ? 2 : 5)
      const rows = ways.map(({ way: { title } }, i) => ({ title, samples: samples[i] ?? [] }))
      const [, events = [], changes = []] = samples
      tables.push(streamTable(pace.title, rows))
      list.push(...streamGoals(pace.title, changes, events))
    }
    return { tables, list }
  } finally {
    for (const way of ways) way.close()
  }
}

async function measureSdk(servers: Servers, options: PartOptions): Promise<Findings> {
  const delays = await measureDelays(servers, options)
  const streams = await measureStreams(servers, options)
  const nodes = options.quick ? 5_000 : 100_000
  options.onProgress(`sdk: replica of ${nodes} nodes`)
  const memory = await replicaMemory(servers.talus.url, nodes)
  return {
    title: 'SDK',
    tables: [delays.table, ...streams.tables],
    list: [...delays.list, ...streams.list, ...memory],
  }
}

/** What the SDK adds to a plain echo, what its stream saves, and what its replica takes. */
export const sdkPart: Part = {
  name: 'sdk',
  async run(options) {
    const floor = await startFloor()
    try {
      const talus = await startTalus(options.nodeArgs)
      try {
        return await measureSdk({ floor: floor.server, talus: talus.server }, options)
      } finally {
        await talus.stop()
      }
    } finally {
      await floor.stop()
    }
  },
}
