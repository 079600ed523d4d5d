import { TalusData } from '../contenders.js'
import type { Counters, Target } from '../interval.js'
import type { ServerProcess } from '../server-process.js'
import type { Services } from './services.js'

/** Samples of the nodes' own metrics, by the names that they have here. */
const SAMPLES = [
  ['groups', 'talus_append_seconds_count'],
  ['conflicts', 'talus_append_conflicts_total'],
] as const

async function samplesOf(url: string): Promise<Counters> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const counters: Counters = {}
  for (const [name, sample] of SAMPLES) {
    const lines = text.matchAll(new RegExp(`^${sample}(?:\\{.*\\})? (\\S+)$`, 'gm'))
    counters[name] = [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
  }
  return counters
}

/** Several servers of one database, all on the server's core. */
export class NodeGroup implements Target {
  readonly nodes: readonly ServerProcess[]
  readonly #data: TalusData
  readonly #services: Services
  readonly #database: string

  private constructor(
    nodes: readonly ServerProcess[],
    data: TalusData,
    { services, database }: { services: Services; database: string },
  ) {
    this.nodes = nodes
    this.#data = data
    this.#services = services
    this.#database = database
  }

  static async start(
    services: Services,
    count: number,
    nodeArgs: readonly string[],
  ): Promise<NodeGroup> {
    const data = await TalusData.create()
    const { name, url } = await services.newDatabase()
    const store = ['--database-url', url, '--redis-url', services.redisUrl]
    const nodes: ServerProcess[] = []
    for (let i = 0; i < count; i++) nodes.push(await data.start(nodeArgs, store))
    return new NodeGroup(nodes, data, { services, database: name })
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url)
  }

  cpu(): number {
    return this.nodes.reduce((sum, node) => sum + node.cpu(), 0)
  }

  async counters(): Promise<Counters> {
    const counters = await this.#services.counters(this.#database)
    for (const samples of await Promise.all(this.urls.map(samplesOf))) {
      for (const [name, value] of Object.entries(samples)) {
        counters[name] = (counters[name] ?? 0) + value
      }
    }
    return counters
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop()
    await this.#data.remove()
  }
}
