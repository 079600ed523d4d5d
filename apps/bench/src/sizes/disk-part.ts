import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '@talus/protocol'
import { TalusData } from '../contenders.js'
import type { Finding } from './findings.js'
import { makeGraph } from './graph-making.js'
import { call } from './http-call.js'
import { connectMember } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { sendAll, type Request } from './requests.js'
import { nodeId } from './shape.js'

const SESSION = 'stored'
/** So few that snapshots of them take next to nothing. */
const NODES = 10
const SAMPLE = 1_000

function updates(count: number): Request[] {
  return Array.from({ length: count }, (_, i) => {
    const data = { node_id: nodeId(i % NODES), property_id: 'status', new_value: `state ${i}` }
    return ['execute_command', { session_id: SESSION, command_type: 'UpdateProperty', data }]
  })
}

/** Bytes of all files: the log is empty once the server has ended. */
async function bytesIn({ directory }: TalusData): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Mean bytes of the JSON of the last entries. */
async function entryBytes(url: string, seq: number): Promise<number> {
  const path = `/sessions/${SESSION}/changes?after_seq=${seq - SAMPLE}&limit=${SAMPLE}`
  const { entries } = JSON.parse((await call(url, { path })).toString()) as { entries: Entry[] }
  const sizes = entries.map((entry) => Buffer.byteLength(JSON.stringify(entry)))
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}

async function withServer<T>(
  data: TalusData,
  nodeArgs: readonly string[],
  use: (url: string) => Promise<T>,
) {
  const server = await data.start(nodeArgs)
  try {
    return await use(server.url)
  } finally {
    await server.stop()
  }
}

async function measureDisk(data: TalusData, options: PartOptions): Promise<Finding[]> {
  const { quick, nodeArgs, onProgress } = options
  const entries = quick ? 2_000 : 50_000
  onProgress(`disk: ${entries} entries`)
  await withServer(data, nodeArgs, (url) =>
    makeGraph(url, SESSION, { nodes: NODES, fanOut: NODES }),
  )
  const before = await bytesIn(data)
  const json = await withServer(data, nodeArgs, async (url) => {
    const client = await connectMember(url, { session_id: SESSION })
    await sendAll(client, updates(entries), 200)
    client.close()
    return entryBytes(url, entries)
  })
  const stored = ((await bytesIn(data)) - before) / entries
  return [
    { what: 'an entry (UpdateProperty, a short value) on disk', value: stored, unit: ' bytes' },
    { what: 'its JSON', value: json, unit: ' bytes' },
    { what: 'disk to JSON', value: stored / json, unit: '×' },
  ]
}

/** What an entry takes on disk, after the server has ended in order. */
export const diskPart: Part = {
  name: 'disk',
  async run(options) {
    const data = await TalusData.create()
    try {
      return { title: 'Disk', tables: [], list: await measureDisk(data, options) }
    } finally {
      await data.remove()
    }
  },
}
