import { connect } from '@talus/client'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { medianOf, type Finding } from './findings.js'
import { makeGraph } from './graph-making.js'
import { call } from './http-call.js'

const SESSION = 'replicated'
const SMALL = 'small'
const ROUNDS = 3

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of live objects of this process. */
function liveBytes(): number {
  // What weak references and finalizers kept goes with the second.
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

async function replicaBytes(url: string, session_id: string) {
  const before = liveBytes()
  const client = connect(url, { actor: 'reader', transports: ['websocket'] })
  const { graph } = await client.join(session_id)
  const joined = liveBytes() - before
  for (const { id } of graph.walk()) graph.children(id)
  const read = liveBytes() - before
  const { size } = graph
  client.close()
  return { joined: joined / size, read: read / size }
}

/** The answer that the replica is made of, parsed and kept as it is. */
async function parsedBytes(url: string): Promise<number> {
  const text = (await call(url, { path: `/graph?session_id=${SESSION}` })).toString()
  const before = liveBytes()
  const { nodes } = JSON.parse(text) as { nodes: unknown[] }
  return (liveBytes() - before) / nodes.length
}

/** What a replica takes of the heap, beside what its JSON takes when it is parsed. */
export async function replicaMemory(url: string, nodes: number): Promise<Finding[]> {
  await makeGraph(url, SMALL, { nodes: 10, fanOut: 10 })
  await makeGraph(url, SESSION, { nodes, fanOut: 10 })
  // What the first session loads and compiles is not the replica's.
  await replicaBytes(url, SMALL)
  const rounds = { joined: [] as number[], read: [] as number[], parsed: [] as number[] }
  for (let i = 0; i < ROUNDS; i++) {
    const { joined, read } = await replicaBytes(url, SESSION)
    rounds.joined.push(joined)
    rounds.read.push(read)
    rounds.parsed.push(await parsedBytes(url))
  }
  const unit = ' bytes'
  const of = `each of ${nodes.toLocaleString('en')} nodes`
  return [
    medianOf({ what: `heap of a replica, ${of}`, unit }, rounds.joined),
    medianOf({ what: `once every node and list has been read, ${of}`, unit }, rounds.read),
    medianOf({ what: `the graph as parsed JSON, ${of}`, unit }, rounds.parsed),
  ]
}
