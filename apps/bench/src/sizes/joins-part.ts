import { startTalus } from '../contenders.js'
import { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { makeEditedSession } from './edited-session.js'
import { medianOf, ratioOf } from './findings.js'
import { join } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'

const SESSION = 'crowded'
const EDITS = 2_000
/** The batch that made the nodes is an entry too. */
const LAST_SEQ = EDITS + 1
const GAP = 10

type Rounds = { rates: number[]; cpu: number[] }

/** All join at once, and leave again; the rate until the last one is in, and CPU µs of each. */
async function joinAll(server: ServerProcess, clients: readonly RawClient[], gap: number) {
  await quiet(server)
  const before = server.cpu()
  const startedAt = performance.now()
  const request = { session_id: SESSION, stream: 'changes' as const, last_seq: LAST_SEQ - gap }
  const joins = await Promise.all(clients.map((client) => join(client, request)))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = ((server.cpu() - before) * 1e6) / clients.length
  if (joins.some(({ joined }) => joined.entries?.length !== gap)) throw new Error('Not the gap')
  await Promise.all(
    clients.map((client) => client.request('leave_session', { session_id: SESSION })),
  )
  return { rate: clients.length / seconds, cpu }
}

async function connectAll(url: string, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) clients.push(await RawClient.connect(url))
  return clients
}

async function measureJoins(server: ServerProcess, { quick, onProgress }: PartOptions) {
  const count = quick ? 50 : 1_000
  onProgress(`joins: ${count} clients`)
  await makeEditedSession(server.url, SESSION, EDITS)
  const clients = await connectAll(server.url, count)
  await joinAll(server, clients, GAP)
  const none: Rounds = { rates: [], cpu: [] }
  const some: Rounds = { rates: [], cpu: [] }
  for (let i = 0; i < (quick ? 1 : 7); i++) {
    for (const [gap, rounds] of [
      [0, none],
      [GAP, some],
    ] as const) {
      const { rate, cpu } = await joinAll(server, clients, gap)
      rounds.rates.push(rate)
      rounds.cpu.push(cpu)
    }
  }
  for (const client of clients) client.close()
  const who = `${count.toLocaleString('en')} clients at once`
  return [
    medianOf({ what: `${who} that missed nothing`, unit: ' joins/s' }, none.rates),
    medianOf({ what: `${who} that missed ${GAP} entries`, unit: ' joins/s' }, some.rates),
    ratioOf({ what: 'joins/s with a gap to without' }, some.rates, none.rates),
    ratioOf({ what: 'CPU of a join with a gap to without' }, some.cpu, none.cpu),
  ]
}

/** How quickly a crowd joins, and what a small gap, answered from memory, adds. */
export const joinsPart: Part = {
  name: 'joins',
  async run(options) {
    const { server, stop } = await startTalus(options.nodeArgs)
    try {
      return { title: 'Joins', tables: [], list: await measureJoins(server, options) }
    } finally {
      await stop()
    }
  },
}
