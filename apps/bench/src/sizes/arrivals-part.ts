import { type Contender, startFloor, startTalus, TalusData } from '../contenders.js'
import { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { makeEditedSession } from './edited-session.js'
import { medianOf, ratioOf } from './findings.js'
import { join } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'

/** Connections under way at a time: enough that the server never waits for the generator. */
const AT_ONCE = 32
const EDITS = 500
/** The batch that makes the nodes is an entry too. */
const LAST_SEQ = EDITS + 1
const CROWDED = 'crowded'

type Work = { count: number; sessionOf: (i: number) => string }

/** Connects clients that join a session each; seconds until the last one is in. */
async function arrive(server: ServerProcess, { count, sessionOf }: Work): Promise<number> {
  await quiet(server)
  const clients: RawClient[] = []
  let next = 0
  const startedAt = performance.now()
  const worker = async () => {
    for (let i = next++; i < count; i = next++) {
      const client = await RawClient.connect(server.url)
      clients.push(client)
      await join(client, { session_id: sessionOf(i) })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  for (const client of clients) client.close()
  return seconds
}

/** Everybody connects in the same moment and joins one session; seconds until the last is in. */
async function comeBack(server: ServerProcess, count: number, last_seq: number): Promise<number> {
  await quiet(server)
  const startedAt = performance.now()
  const request = { session_id: CROWDED, stream: 'changes' as const, last_seq }
  const clients = await Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.connect(server.url)
      await join(client, request)
      return client
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  for (const client of clients) client.close()
  return seconds
}

type Rounds = { talus: number[]; floor: number[] }

/** A round of each in turn, the first of both to warm up. */
async function rounds(
  count: number,
  of: { talus: () => Promise<number>; floor: () => Promise<number> },
): Promise<Rounds> {
  const measured: Rounds = { talus: [], floor: [] }
  for (let round = 0; round <= count; round++) {
    const floor = await of.floor()
    const talus = await of.talus()
    if (round === 0) continue
    measured.floor.push(floor)
    measured.talus.push(talus)
  }
  return measured
}

async function measureArrivals(
  talus: Contender,
  floor: Contender,
  { quick, onProgress }: PartOptions,
) {
  const count = quick ? 50 : 1_000
  const repeats = quick ? 1 : 5
  onProgress(`arrivals: ${count} clients into sessions of their own`)
  // The first round makes them.
  const own = { count, sessionOf: (i: number) => `own-${i}` }
  const alone = await rounds(repeats, {
    talus: () => arrive(talus.server, own),
    floor: () => arrive(floor.server, own),
  })
  onProgress(`arrivals: ${count} clients into one session`)
  const one = { count, sessionOf: () => CROWDED }
  const crowd = await rounds(repeats, {
    talus: () => arrive(talus.server, one),
    floor: () => arrive(floor.server, one),
  })
  const who = `${count.toLocaleString('en')} clients`
  return [
    ratioOf(
      {
        id: 'P7',
        what: `time of ${who} that join a session each, to plain Socket.IO`,
        bound: 1 / 0.7,
      },
      alone.talus,
      alone.floor,
    ),
    medianOf({ id: 'P7', what: `${who} into one session`, unit: ' s', bound: 2 }, crowd.talus),
    ratioOf(
      { what: `time of ${who} into one session, to plain Socket.IO` },
      crowd.talus,
      crowd.floor,
    ),
  ]
}

/** A server that has just started, to which everybody comes back. */
async function measureReturns({ quick, nodeArgs, onProgress }: PartOptions) {
  const count = quick ? 50 : 1_000
  onProgress(`arrivals: ${count} clients after a restart`)
  const data = await TalusData.create()
  try {
    const first = await data.start(nodeArgs)
    await makeEditedSession(first.url, CROWDED, EDITS)
    await first.stop()
    const measured = await rounds(quick ? 1 : 5, {
      async talus() {
        const server = await data.start(nodeArgs)
        const seconds = await comeBack(server, count, LAST_SEQ - 10)
        await server.stop()
        return seconds
      },
      async floor() {
        const { server, stop } = await startFloor()
        const seconds = await comeBack(server, count, 0)
        await stop()
        return seconds
      },
    })
    const what = `time in which ${count.toLocaleString('en')} clients are back after a restart, to plain Socket.IO`
    return [ratioOf({ id: 'P10', what, bound: 1.5 }, measured.talus, measured.floor)]
  } finally {
    await data.remove()
  }
}

/** How quickly clients connect and join, and come back after a restart (goals P7 and P10). */
export const arrivalsPart: Part = {
  name: 'arrivals',
  async run(options) {
    const talus = await startTalus(options.nodeArgs)
    const floor = await startFloor()
    try {
      const list = await measureArrivals(talus, floor, options)
      return { title: 'Arrivals', tables: [], list: [...list, ...(await measureReturns(options))] }
    } finally {
      await talus.stop()
      await floor.stop()
    }
  },
}
