import { TalusData } from '../contenders.js'
import { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { importGraph, projectFile } from './graph-making.js'
import { medianOf, ratioOf, type Finding } from './findings.js'
import { makeHistory } from './history-making.js'
import { call } from './http-call.js'
import { join } from './membership.js'
import type { Part, PartOptions } from './part.js'
import { quiet } from './quiet.js'
import type { Shape } from './shape.js'

/** Of each session, for each way to ask. */
const RESTARTS = 5
const OPENING_MS = 1_000
const OPENING_RATIO = 1.5

type Sessions = { plain: string; long: string }

/** Milliseconds from the first request after a start to its answer. */
type Ask = (server: ServerProcess, session_id: string) => Promise<number>

type Opening = { name: string; data: TalusData; nodeArgs: readonly string[]; ask: Ask }

const askByRest: Ask = async ({ url }, session_id) => {
  const askedAt = performance.now()
  await call(url, { path: `/sessions/${session_id}` })
  return performance.now() - askedAt
}

const askByJoining: Ask = async ({ url }, session_id) => {
  const client = await RawClient.connect(url)
  const askedAt = performance.now()
  const { receivedAt } = await join(client, { session_id })
  client.close()
  return receivedAt - askedAt
}

async function makeSessions(data: TalusData, shape: Shape, options: PartOptions) {
  const { nodeArgs, entries, onProgress } = options
  const server = await data.start(nodeArgs)
  try {
    const file = projectFile(shape)
    const sessions: Sessions = {
      plain: (await importGraph(server.url, file)).session_id,
      long: (await importGraph(server.url, file)).session_id,
    }
    const startedAt = performance.now()
    await makeHistory(server.url, { session_id: sessions.long, shape, until: entries })
    const seconds = (performance.now() - startedAt) / 1000
    onProgress(`opening: ${entries} entries made in ${seconds.toFixed(0)} s`)
    await quiet(server)
    return sessions
  } finally {
    await server.stop()
  }
}

async function openAfterStart({ data, nodeArgs, ask }: Opening, session_id: string) {
  const server = await data.start(nodeArgs)
  try {
    return await ask(server, session_id)
  } finally {
    await server.stop()
  }
}

/** A server for each opening; the two sessions take turns, so that they meet the same machine. */
async function compare(opening: Opening, sessions: Sessions, history: string): Promise<Finding[]> {
  const plain: number[] = []
  const long: number[] = []
  for (let i = 0; i < RESTARTS; i++) {
    plain.push(await openAfterStart(opening, sessions.plain))
    long.push(await openAfterStart(opening, sessions.long))
  }
  const { name } = opening
  const unit = ' ms'
  return [
    medianOf({ id: 'P9', what: `${name}, without a history`, unit, bound: OPENING_MS }, plain),
    medianOf({ what: `${name}, with ${history}`, unit }, long),
    ratioOf({ what: `${name}, with a history to without`, bound: OPENING_RATIO }, long, plain),
  ]
}

async function measureOpenings(data: TalusData, shape: Shape, options: PartOptions) {
  const { nodeArgs, onProgress } = options
  const history = `${options.entries.toLocaleString('en')} entries`
  onProgress(`opening: making ${history}`)
  const sessions = await makeSessions(data, shape, options)
  onProgress(`opening: ${4 * RESTARTS} restarts`)
  const rest: Opening = { name: 'GET /sessions/{id}', data, nodeArgs, ask: askByRest }
  const joining: Opening = { name: 'join_session', data, nodeArgs, ask: askByJoining }
  const list = [
    ...(await compare(rest, sessions, history)),
    ...(await compare(joining, sessions, history)),
  ]
  const title = `Opening ${shape.nodes.toLocaleString('en')} nodes after a start`
  return { title, tables: [], list }
}

/** The first request to a session after a start, by the length of its history. */
export const openingPart: Part = {
  name: 'opening',
  async run(options) {
    const shape = { nodes: options.quick ? 5_000 : 100_000, fanOut: 10 }
    const data = await TalusData.create()
    try {
      return await measureOpenings(data, shape, options)
    } finally {
      await data.remove()
    }
  },
}
