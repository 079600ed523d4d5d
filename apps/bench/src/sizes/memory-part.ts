import { TalusData } from '../contenders.js'
import { medianOf } from './findings.js'
import { makeGraph } from './graph-making.js'
import { call } from './http-call.js'
import { Inspector } from './inspector.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'

const SESSION = 'remembered'
const OTHER = 'other'
const RESTARTS = 3

/** Bytes, of live objects and in RAM, that a server has more of once it has opened the session. */
async function growth(data: TalusData): Promise<{ live: number; resident: number }> {
  const server = await data.start(['--inspect=127.0.0.1:0'])
  try {
    if (server.inspectorUrl === undefined) throw new Error('The server has no inspector')
    const inspector = await Inspector.connect(server.inspectorUrl)
    const weigh = async () => {
      await quiet(server)
      return { live: await inspector.liveBytes(), resident: server.residentBytes() }
    }
    // What the first request to any session loads and compiles is not the session's.
    await call(server.url, { path: `/sessions/${OTHER}` })
    const before = await weigh()
    await call(server.url, { path: `/sessions/${SESSION}` })
    const after = await weigh()
    inspector.close()
    return { live: after.live - before.live, resident: after.resident - before.resident }
  } finally {
    await server.stop()
  }
}

async function make(data: TalusData, nodes: number, nodeArgs: readonly string[]): Promise<void> {
  const server = await data.start(nodeArgs)
  try {
    await makeGraph(server.url, OTHER, { nodes: 10, fanOut: 10 })
    await makeGraph(server.url, SESSION, { nodes, fanOut: 10 })
    await quiet(server)
  } finally {
    await server.stop()
  }
}

async function measureMemory(data: TalusData, { quick, nodeArgs, onProgress }: PartOptions) {
  const nodes = quick ? 5_000 : 100_000
  onProgress(`memory: ${nodes} nodes`)
  await make(data, nodes, nodeArgs)
  const live: number[] = []
  const resident: number[] = []
  for (let i = 0; i < RESTARTS; i++) {
    const grown = await growth(data)
    live.push(grown.live / nodes)
    resident.push(grown.resident / nodes)
  }
  const of = `each of ${nodes.toLocaleString('en')} nodes`
  const bound = 1_536
  return [
    medianOf({ id: 'P9', what: `live objects for ${of}`, unit: ' bytes', bound }, live),
    medianOf(
      { what: `RAM of the process for ${of}, after garbage collection`, unit: ' bytes' },
      resident,
    ),
  ]
}

/** What an open session takes in memory: id, type, name and five short properties a node. */
export const memoryPart: Part = {
  name: 'memory',
  async run(options) {
    const data = await TalusData.create()
    try {
      return { title: 'Memory', tables: [], list: await measureMemory(data, options) }
    } finally {
      await data.remove()
    }
  },
}
