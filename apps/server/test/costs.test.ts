import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ROUTES, type RouteName } from '@talus/protocol'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EVENT_COSTS } from '../src/limits/costs.js'
import { launch, type ServerProcess } from './server-process.js'
import { SECRET, tokenFor } from './tokens.js'

// What holds the event loop shows as a delay of others. These bounds tell seconds from milliseconds:
// an honest neighbour waits no longer than five times what it does undisturbed, or 100 ms.
const TIMES = 5
/** Where the neighbour waits longer than this undisturbed, the machine is busy with other things. */
const QUIET_MS = 10
const TIMES_BUSY = 25
const BUSIEST_MS = 40
const DELAY_MS = 100
const GROWTH_MB = 200

const NODES = 100_000
/** Of each kind so many at once, again and again for so long. */
const AT_ONCE = 12
const LASTS_MS = 1_000
/** As long nothing is done before and after. */
const CALM_MS = 400

type Answer = { status: number; body: string }
type Shot = { method?: string; path: string; body?: unknown }

/** The server, with a session of 100,000 nodes, and those who are in it. */
type Range = {
  server: ServerProcess
  url: string
  dataDir: string
  neighbour: Worker
  viewer: Socket
  /** Headers of a visitor who has the viewer link alone. */
  link: Record<string, string>
  session_id: string
  project_id: string
  /** Of the neighbour while nothing else happens, and of the memory then. */
  undisturbed: number
  megabytes: number
}

/** What is not answered when an attack ends is given up: the connections go. */
let agent = new Agent({ keepAlive: true })
let range: Range

function send(
  { url }: { url: string },
  { method = 'GET', path, body }: Shot,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const type = text === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request(
      `${url}/api/v1${path}`,
      { method, agent, headers: { ...headers, ...type } },
      (response) => {
        const parts: Buffer[] = []
        let bytes = 0
        response.on('data', (part: Buffer) => {
          bytes += part.length
          // What is not looked at must not cost this process anything.
          if (bytes < 100_000) parts.push(part)
        })
        const ended = () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() })
        response.on('end', ended)
        response.on('close', ended)
        response.on('error', ended)
      },
    )
    asked.on('error', () => resolve({ status: 0, body: '' }))
    asked.end(text)
  })
}

function megabytesOf({ pid }: ServerProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
}

/** The 99th of a hundred of the neighbour's commands since it was last asked. */
async function delayOf(neighbour: Worker): Promise<number> {
  const told = new Promise<{ times?: number[]; gone?: string }>((resolve) =>
    neighbour.once('message', resolve),
  )
  neighbour.postMessage('tell')
  const { times = [Infinity] } = await told
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity
}

function largeFile() {
  const nodes: object[] = []
  for (const group of ['g0', 'g1']) {
    const children = Array.from({ length: NODES / 2 - 1 }, (_, i) => `${group}-${i}`)
    nodes.push({ id: group, type: 't', children })
    for (const id of children) nodes.push({ id, type: 't' })
  }
  return { graph: { nodes } }
}

async function opened(): Promise<Range> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-costs-'))
  const args = ['--port', '0', '--data-dir', dataDir, '--jwt-secret', SECRET]
  const server = launch(args, { NODE_OPTIONS: '--max-old-space-size=1024' }, { ofOneTest: false })
  const { url } = JSON.parse(await server.greeting) as { url: string }
  const owner = { authorization: `Bearer ${await tokenFor('owner')}` }
  const made = await send(
    { url },
    { method: 'POST', path: '/projects/import', body: largeFile() },
    owner,
  )
  const [, project_id = '', session_id = ''] =
    /"project_id":"([^"]+)".*?"session_id":"([^"]+)"/.exec(made.body) ?? []
  const linked = await send(
    { url },
    { method: 'POST', path: `/sessions/${session_id}/share-links`, body: { role: 'viewer' } },
    owner,
  )
  const { token: share_token } = JSON.parse(linked.body) as { token: string }
  for (const node_id of ['x1', 'x2']) {
    const data = { blueprint_type_id: 't', node_id }
    const body = { session_id, command_type: 'CreateNode', data }
    await send({ url }, { method: 'POST', path: '/commands/execute', body }, owner)
  }
  const token = await tokenFor('neighbour')
  const own = { method: 'POST', path: '/sessions', body: { session_id: 'neighbour' } }
  await send({ url }, own, { authorization: `Bearer ${token}` })
  const file = new URL('./costs-neighbour.mjs', import.meta.url)
  const neighbour = new Worker(file, { workerData: { url, token } })
  await new Promise((resolve) => neighbour.once('message', resolve))
  const viewer = io(url, { transports: ['websocket'], forceNew: true, auth: { share_token } })
  await viewer.emitWithAck('join_session', { session_id })
  const link = { 'x-share-token': share_token, 'accept-encoding': 'br' }
  // What the first of each kind allocates stays: it is no growth.
  await send({ url }, { path: `/graph?session_id=${session_id}` }, link)
  await sleep(2_000)
  await delayOf(neighbour)
  await sleep(2_500)
  const undisturbed = await delayOf(neighbour)
  const megabytes = megabytesOf(server)
  const at = { server, url, dataDir, neighbour, viewer, link, session_id, project_id }
  return { ...at, undisturbed, megabytes }
}

beforeAll(async () => {
  range = await opened()
})

afterAll(async () => {
  range.viewer.disconnect()
  await range.neighbour.terminate()
  await range.server[Symbol.asyncDispose]()
  agent.destroy()
  await rm(range.dataDir, { recursive: true, force: true })
})

const CONDITIONS = Array.from({ length: 20 }, (_, i) => ({
  property_id: 'name',
  operator: 'in',
  value: Array.from({ length: 250 }, (__, item) => `${i} ${item}`),
}))

/** Of a route whose cost does not depend on what is sent, what its example says. */
function asDeclared(name: RouteName): Shot {
  const { method, path, example } = ROUTES[name] as {
    method: string
    path: string
    example: { params?: Record<string, string>; body?: unknown }
  }
  const { session_id, project_id } = range
  const named: Record<string, string> = { ...example.params, session_id, project_id, node_id: 'g0' }
  return {
    method,
    path: path.replaceAll(/\{(\w+)\}/g, (_, key: string) => named[key] ?? key),
    ...('body' in example && { body: example.body }),
  }
}

/** The dearest request of each route that somebody with a viewer link may send, or be refused. */
const DEAREST: Record<RouteName, (() => Shot) | 'as declared'> = {
  GetHealth: 'as declared',
  GetReady: 'as declared',
  CreateSession: 'as declared',
  ListSessions: 'as declared',
  GetSession: 'as declared',
  DeleteSession: 'as declared',
  ListMembers: 'as declared',
  GetMember: 'as declared',
  PutMember: 'as declared',
  DeleteMember: 'as declared',
  CreateShareLink: 'as declared',
  ListShareLinks: 'as declared',
  DeleteShareLink: 'as declared',
  GetGraph: () => ({ path: `/graph?session_id=${range.session_id}&at_seq=2` }),
  GetGraphTree: () => ({ path: `/sessions/${range.session_id}/graph/tree` }),
  GetNode: 'as declared',
  GetAffordances: () => ({ path: `/sessions/${range.session_id}/nodes/x1/affordances` }),
  SearchGraph: () => ({
    method: 'POST',
    path: '/graph/search',
    body: { session_id: range.session_id, text: 'zzzz', property: CONDITIONS },
  }),
  GetChanges: () => ({ path: `/sessions/${range.session_id}/changes?after_seq=0` }),
  GetHistory: () => ({ path: `/sessions/${range.session_id}/history?before_seq=2` }),
  GetNodeHistory: () => ({ path: `/sessions/${range.session_id}/nodes/g0/history?before_seq=2` }),
  GetDiff: () => ({ path: `/sessions/${range.session_id}/diff?from_seq=0&to_seq=3` }),
  ExecuteCommandRoute: 'as declared',
  PreviewCommandRoute: 'as declared',
  UndoRoute: 'as declared',
  RedoRoute: 'as declared',
  RestoreRoute: 'as declared',
  CreateProject: 'as declared',
  ListProjects: 'as declared',
  GetProject: 'as declared',
  DeleteProject: 'as declared',
  SaveProject: 'as declared',
  LoadProject: 'as declared',
  ImportProject: 'as declared',
  ExportProject: 'as declared',
  ListTemplates: 'as declared',
  GetTemplateSchema: 'as declared',
  ValidateTemplate: 'as declared',
}

/** The dearest payload of each event. */
const EVENTS: Record<keyof typeof EVENT_COSTS, (session_id: string) => unknown> = {
  ping: () => undefined,
  join_session: (session_id) => ({ session_id, stream: 'changes', last_seq: 0 }),
  leave_session: (session_id) => ({ session_id }),
  update_presence: (session_id) => ({ session_id, state: { text: 'a'.repeat(10_000) } }),
  execute_command: (session_id) => ({ session_id, command_type: 'CreateNode', data: {} }),
  preview_command: (session_id) => ({ session_id, command_type: 'DeleteNode', data: {} }),
  undo_command: (session_id) => ({ session_id }),
  redo_command: (session_id) => ({ session_id }),
}

/** Of the neighbour while nothing is done: the machine may have become busy with other things. */
async function undisturbedNow(): Promise<number> {
  await delayOf(range.neighbour)
  await sleep(CALM_MS)
  return delayOf(range.neighbour)
}

type Seen = { delay: number; undisturbed: number; growth: number }

/** Does something many times at once, and sees to the neighbour and the memory meanwhile. */
async function during(attack: () => Promise<unknown>): Promise<Seen> {
  let most = 0
  // What garbage of earlier requests takes is none of this one's.
  const megabytes = Math.max(range.megabytes, megabytesOf(range.server))
  const before = await undisturbedNow()
  const look = setInterval(() => {
    most = Math.max(most, megabytesOf(range.server))
  }, 50)
  await delayOf(range.neighbour)
  const end = performance.now() + LASTS_MS
  const attacks = Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() < end) await attack()
  })
  await sleep(LASTS_MS)
  const delay = await delayOf(range.neighbour)
  clearInterval(look)
  agent.destroy()
  agent = new Agent({ keepAlive: true })
  await Promise.all(attacks)
  // What is left of the attack must not pass for a busy machine.
  const now = Math.min(Math.max(before, await undisturbedNow()), BUSIEST_MS)
  const undisturbed = Math.max(range.undisturbed, now)
  return { delay, undisturbed, growth: most - megabytes }
}

/** How long the neighbour may wait. On a machine that is busy, a slice takes longer as well. */
function mostDelay({ undisturbed }: Seen): number {
  return Math.max(DELAY_MS, undisturbed * (undisturbed > QUIET_MS ? TIMES_BUSY : TIMES))
}

// The machine may be busy with other things for a moment: what is slow by itself stays so.
const AGAIN = { retry: 3 }

test.each(Object.keys(DEAREST) as RouteName[])(
  '[LIM16] %s leaves the neighbour and the memory alone',
  AGAIN,
  async (name) => {
    const dearest = DEAREST[name]
    const shot = dearest === 'as declared' ? asDeclared(name) : dearest()
    const seen = await during(async () => {
      const { status } = await send(range, shot, range.link)
      expect(status).not.toBe(500)
      // Who is refused comes again at once, but this process has to leave others their turn.
      if (status >= 400) await sleep(5)
    })
    expect(seen.delay).toBeLessThan(mostDelay(seen))
    expect(seen.growth).toBeLessThan(GROWTH_MB)
  },
)

test.each(Object.keys(EVENTS) as (keyof typeof EVENTS)[])(
  '[LIM16] the event %s leaves the neighbour and the memory alone',
  AGAIN,
  async (name) => {
    const payload = EVENTS[name](range.session_id)
    const seen = await during(async () => {
      range.viewer.emit(name, payload)
      await sleep(5)
    })
    expect(seen.delay).toBeLessThan(mostDelay(seen))
    expect(seen.growth).toBeLessThan(GROWTH_MB)
  },
)
