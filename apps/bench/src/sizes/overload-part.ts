import { startTalus } from '../contenders.js'
import type { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { quantile } from '../statistics.js'
import { makeGraph } from './graph-making.js'
import { ratioOf, type Finding } from './findings.js'
import { connectMember } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'
import { nodeId } from './shape.js'

const SESSIONS = 50
/** Commands of each writer on their way: more brings no more commands a second. */
const IN_FLIGHT = 16
const TICK_MS = 2
/** Offered, as a multiple of what is reached at saturation. */
const OFFERED = 3
const MEGABYTE = 1024 * 1024

type Writer = { client: RawClient; session_id: string }

/** What came of a load: latencies in ms of what was accepted. */
type Outcome = { perSecond: number; p99: number; refused: number; megabytes: number }

async function writersOf(url: string): Promise<Writer[]> {
  const writers: Writer[] = []
  for (let i = 0; i < SESSIONS; i++) {
    const session_id = `loaded-${i}`
    await makeGraph(url, session_id, { nodes: 10, fanOut: 10 })
    writers.push({ session_id, client: await connectMember(url, { session_id }) })
  }
  return writers
}

let written = 0

function write({ client, session_id }: Writer, answered: (ok: boolean, ms: number) => void): void {
  const sentAt = performance.now()
  const data = { node_id: nodeId(1), property_id: 'status', new_value: `state ${written++}` }
  const command = { session_id, command_type: 'UpdateProperty', data }
  client.emit(['execute_command', command], (answer, receivedAt) => {
    answered((answer as { ok: boolean }).ok, receivedAt - sentAt)
  })
}

/** Offers work for so many milliseconds, waits for all answers, and counts. */
async function during(
  server: ServerProcess,
  ms: number,
  offer: (note: (ok: boolean, ms: number) => void, isOver: () => boolean) => Promise<void>,
): Promise<Outcome> {
  await quiet(server)
  const before = server.residentBytes()
  let megabytes = 0
  const latencies: number[] = []
  let refused = 0
  const startedAt = performance.now()
  const timer = setInterval(() => {
    megabytes = Math.max(megabytes, (server.residentBytes() - before) / MEGABYTE)
  }, 100)
  await offer(
    (ok, took) => {
      if (ok) latencies.push(took)
      else refused++
    },
    () => performance.now() - startedAt > ms,
  )
  clearInterval(timer)
  const seconds = (performance.now() - startedAt) / 1000
  return {
    perSecond: latencies.length / seconds,
    p99: quantile(latencies, 0.99),
    refused,
    megabytes,
  }
}

/** As many as the server takes: each answer is followed by the next command. */
function saturate(server: ServerProcess, writers: readonly Writer[], ms: number): Promise<Outcome> {
  return during(server, ms, async (note, isOver) => {
    const loops = writers.flatMap((writer) => Array.from({ length: IN_FLIGHT }, () => writer))
    await Promise.all(
      loops.map(
        (writer) =>
          new Promise<void>((resolve) => {
            const next = () => {
              if (isOver()) return resolve()
              write(writer, (ok, took) => {
                note(ok, took)
                next()
              })
            }
            next()
          }),
      ),
    )
  })
}

/** So many a second by the clock, whether or not the server keeps up. */
function overload(
  server: ServerProcess,
  writers: readonly Writer[],
  { ms, perSecond }: { ms: number; perSecond: number },
): Promise<Outcome> {
  return during(
    server,
    ms,
    (note, isOver) =>
      new Promise<void>((resolve) => {
        const startedAt = performance.now()
        let sent = 0
        let answered = 0
        const timer = setInterval(() => {
          const due = ((performance.now() - startedAt) / 1000) * perSecond
          for (; sent < due && !isOver(); sent++) {
            const writer = writers[sent % writers.length]
            if (!writer) continue
            write(writer, (ok, took) => {
              note(ok, took)
              answered++
              if (isOver() && answered === sent) resolve()
            })
          }
          if (isOver()) {
            clearInterval(timer)
            if (answered === sent) resolve()
          }
        }, TICK_MS)
      }),
  )
}

async function measureOverload(server: ServerProcess, { quick, onProgress }: PartOptions) {
  const writers = await writersOf(server.url)
  const ms = quick ? 500 : 5_000
  onProgress('overload: warm-up')
  await saturate(server, writers, quick ? 500 : 15_000)
  const peaks: Outcome[] = []
  const overloads: Outcome[] = []
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    onProgress(`overload: round ${round + 1}`)
    const peak = await saturate(server, writers, ms)
    peaks.push(peak)
    overloads.push(await overload(server, writers, { ms, perSecond: OFFERED * peak.perSecond }))
  }
  for (const { client } of writers) client.close()
  const of = (outcomes: readonly Outcome[], key: keyof Outcome) =>
    outcomes.map((outcome) => outcome[key])
  const inverse = (rates: readonly number[]) => rates.map((rate) => 1 / rate)
  const load = `at ${OFFERED} times what saturates it`
  const list: Finding[] = [
    ratioOf(
      { id: 'P12', what: `time of an accepted command ${load}, to saturation`, bound: 1 / 0.9 },
      inverse(of(overloads, 'perSecond')),
      inverse(of(peaks, 'perSecond')),
    ),
    ratioOf(
      { id: 'P12', what: `p99 of what is accepted ${load}, to saturation`, bound: 2 },
      of(overloads, 'p99'),
      of(peaks, 'p99'),
    ),
    {
      id: 'P12',
      what: `memory that grows ${load}`,
      unit: ' MB',
      value: Math.max(...of(overloads, 'megabytes')),
      bound: 200,
    },
    {
      what: `share that is refused ${load}`,
      unit: '',
      value:
        of(overloads, 'refused').reduce((sum, n) => sum + n, 0) /
        overloads.reduce(
          (sum, { refused, perSecond }) => sum + refused + perSecond * (ms / 1000),
          0,
        ),
    },
  ]
  return list
}

/** What becomes of the work when more is offered than can be done (goal P12). */
export const overloadPart: Part = {
  name: 'overload',
  async run(options) {
    const { server, stop } = await startTalus(options.nodeArgs)
    try {
      return { title: 'Overload', tables: [], list: await measureOverload(server, options) }
    } finally {
      await stop()
    }
  },
}
