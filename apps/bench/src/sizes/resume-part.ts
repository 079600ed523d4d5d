import { TalusData } from '../contenders.js'
import { RawClient } from '../raw-client.js'
import { makeEditedSession } from './edited-session.js'
import { medianOf } from './findings.js'
import { call } from './http-call.js'
import { join } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'

const SESSION = 'resumed'
const BEHIND = 1_000
const GOAL_MS = 50

/** Milliseconds of one round trip that brings all that was missed; throws when it did not. */
async function resume(url: string, seq: number): Promise<number> {
  const client = await RawClient.connect(url)
  const askedAt = performance.now()
  const { joined, receivedAt } = await join(client, {
    session_id: SESSION,
    stream: 'changes',
    last_seq: seq - BEHIND,
  })
  client.close()
  if (joined.entries?.length !== BEHIND) {
    throw new Error(`${joined.entries?.length ?? 'No'} entries instead of ${BEHIND}`)
  }
  return receivedAt - askedAt
}

async function lastSeq(url: string): Promise<number> {
  const answer = await call(url, { path: `/sessions/${SESSION}` })
  return (JSON.parse(answer.toString()) as { seq: number }).seq
}

async function fromMemory(data: TalusData, { quick, nodeArgs }: PartOptions): Promise<number[]> {
  const server = await data.start(nodeArgs)
  try {
    await makeEditedSession(server.url, SESSION, 2 * BEHIND)
    await quiet(server)
    const seq = await lastSeq(server.url)
    const times: number[] = []
    for (let i = 0; i < (quick ? 3 : 30); i++) times.push(await resume(server.url, seq))
    return times
  } finally {
    await server.stop()
  }
}

/** The first request of all after a start: the session is opened, the entries are read. */
async function afterStart(data: TalusData, seq: number): Promise<number> {
  const server = await data.start([])
  try {
    return await resume(server.url, seq)
  } finally {
    await server.stop()
  }
}

async function measureResume(data: TalusData, options: PartOptions) {
  options.onProgress(`resume: ${BEHIND} entries behind`)
  const memory = await fromMemory(data, options)
  // One entry of the batch that made the nodes, and the edits.
  const seq = 2 * BEHIND + 1
  const started: number[] = []
  for (let i = 0; i < (options.quick ? 1 : 5); i++) started.push(await afterStart(data, seq))
  const behind = `a client ${BEHIND.toLocaleString('en')} entries behind, one round trip`
  const unit = ' ms'
  return [
    medianOf({ id: 'P11', what: behind, unit, bound: GOAL_MS }, memory),
    medianOf({ what: `${behind}, as the first request after a start`, unit }, started),
  ]
}

/** How long a client that was away waits for what it missed (goal P11). */
export const resumePart: Part = {
  name: 'resume',
  async run(options) {
    const data = await TalusData.create()
    try {
      return { title: 'Resume', tables: [], list: await measureResume(data, options) }
    } finally {
      await data.remove()
    }
  },
}
