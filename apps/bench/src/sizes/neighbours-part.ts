import { randomUUID } from 'node:crypto'
import type { ClientPayload } from '@talus/protocol'
import type { Load, Timing } from '../cases.js'
import { startTalus } from '../contenders.js'
import { RawClient } from '../raw-client.js'
import { runRound, type Round } from '../round.js'
import type { ServerProcess } from '../server-process.js'
import { ratioOf, type Finding } from './findings.js'
import { connectMember } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'

/** The honest work, whose delays are measured. */
const LOAD: Load = { rooms: 1, members: 20, writers: 1, pace: { kind: 'open', perSecond: 50 } }

const TIMING: Timing = { warmUp: 1, measure: 5, rounds: 3 }
const QUICK: Timing = { warmUp: 0.3, measure: 1, rounds: 1 }

/** Twice what the honest writer needs, and time to catch up; the abuser sends ten times as much. */
const BUDGET = 100
const RATES = ['--command-rate-per-socket', `${BUDGET}:${10 * BUDGET}`]

/** Bytes of each value that the stalled client is sent, and how many a second: 20 MB in a round. */
const VALUE_BYTES = 50_000
const VALUES_PER_SECOND = 80

/** At most twice the delay that there is without such a neighbour. */
const BOUND = 2

type Neighbour = { stop: () => void }
const KINDS = ['nobody', 'reading', 'stalled', 'abuser'] as const
type Kind = (typeof KINDS)[number]

/** Sends at a rate until it is stopped, whatever is answered. */
function sendAtRate(
  client: RawClient,
  perSecond: number,
  command: () => ClientPayload<'execute_command'>,
): Neighbour {
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * perSecond
    for (; sent < due; sent++) client.emit(['execute_command', command()], () => {})
  }, 1)
  return { stop: () => clearInterval(timer) }
}

/** Somebody who joined a session and is sent megabytes every second, whether or not they read. */
async function listener({ url }: ServerProcess, reads: boolean): Promise<Neighbour> {
  // One of its own each time: what a session holds already must not tell one round from another.
  const session_id = randomUUID()
  const reader = await connectMember(url, { session_id })
  const writer = await RawClient.connect(url)
  const data = { blueprint_type_id: 'task' }
  if (!reads) reader.stall()
  const writing = sendAtRate(writer, VALUES_PER_SECOND, () => ({
    session_id,
    command_type: 'CreateNode',
    data: { ...data, properties: { text: 'x'.repeat(VALUE_BYTES) } },
  }))
  return {
    stop: () => {
      writing.stop()
      reader.close()
      writer.close()
    },
  }
}

/** Somebody who sends ten times what one socket may send. */
async function abuser({ url }: ServerProcess): Promise<Neighbour> {
  const session_id = randomUUID()
  const client = await connectMember(url, { session_id })
  const abusing = sendAtRate(client, 10 * BUDGET, () => ({
    session_id,
    command_type: 'CreateNode',
    data: { blueprint_type_id: 'task' },
  }))
  return {
    stop: () => {
      abusing.stop()
      client.close()
    },
  }
}

const NEIGHBOURS: Record<Kind, (server: ServerProcess) => Promise<Neighbour>> = {
  nobody: async () => ({ stop: () => {} }),
  reading: (server) => listener(server, true),
  stalled: (server) => listener(server, false),
  abuser,
}

async function beside(server: ServerProcess, kind: Kind, timing: Timing): Promise<Round> {
  await quiet(server)
  const neighbour = await NEIGHBOURS[kind](server)
  try {
    return await runRound(server, LOAD, timing)
  } finally {
    neighbour.stop()
  }
}

async function measureRounds(server: ServerProcess, { quick, onProgress }: PartOptions) {
  const timing = quick ? QUICK : TIMING
  const rounds: Record<Kind, Round[]> = {
    nobody: [],
    reading: [],
    stalled: [],
    abuser: [],
  }
  for (let round = 1; round <= timing.rounds; round++) {
    for (const kind of KINDS) {
      onProgress(`neighbours: round ${round}, ${kind}`)
      rounds[kind].push(await beside(server, kind, timing))
    }
  }
  return rounds
}

const COMPARISONS: readonly { kind: Kind; floor: Kind; what: string; bound?: number }[] = [
  // What the stream itself costs is no matter of who reads it.
  { kind: 'reading', floor: 'nobody', what: 'a client that reads megabytes, to alone' },
  { kind: 'stalled', floor: 'reading', what: 'one that reads none of them, to that', bound: BOUND },
  { kind: 'abuser', floor: 'nobody', what: 'ten times the budget, to alone', bound: BOUND },
]

/** The delays beside each neighbour, to those of the same work without what is wrong with it. */
function neighbourFindings(rounds: Record<Kind, readonly Round[]>): Finding[] {
  const of = (kind: Kind, key: 'ackP99' | 'lastP99') => rounds[kind].map((round) => round[key])
  return COMPARISONS.flatMap(({ kind, floor, what, bound }) => {
    const goal = bound === undefined ? {} : { bound }
    return (['ackP99', 'lastP99'] as const).map((key) => {
      const whose = key === 'ackP99' ? 'acknowledgement' : 'last receiver'
      return ratioOf(
        { what: `${whose} p99 beside ${what}`, ...goal },
        of(kind, key),
        of(floor, key),
      )
    })
  })
}

/** What those who behave notice of those who do not. */
export const neighboursPart: Part = {
  name: 'neighbours',
  async run(options) {
    const { server, stop } = await startTalus(options.nodeArgs, RATES)
    try {
      const list = neighbourFindings(await measureRounds(server, options))
      return { title: 'Neighbours', tables: [], list }
    } finally {
      await stop()
    }
  },
}
