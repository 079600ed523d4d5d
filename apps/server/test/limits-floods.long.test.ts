import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { RawClient } from './harness.js'
import { launch, type ServerProcess } from './server-process.js'

// The built server in a process of its own: what its memory does is told by nothing else here.

const MEGABYTE = 1_000_000

type Running = ServerProcess & { url: string; port: number }

async function start(...args: string[]): Promise<Running> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-floods-'))
  const place = ['--port', '0', '--data-dir', dataDir, '--durability', 'normal']
  // Garbage of V8's young generation is not what is looked for.
  const variables = { NODE_OPTIONS: '--max-semi-space-size=1' }
  const server = launch([...place, '--log-level', 'warn', ...args], variables)
  const { url } = JSON.parse(await server.greeting) as { url: string }
  return Object.assign(server, { url, port: Number(new URL(url).port) })
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])
}

/** A masked frame, as clients send it: RFC 6455, section 5.2. The mask is zero. */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

const TEXT = 1
const PING = 9

/** A client that speaks WebSocket and reads nothing once it is connected. */
async function deafClient({ port }: Running): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  const path = '/socket.io/?EIO=4&transport=websocket'
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n${key}\r\n\r\n`)
  await once(socket, 'data')
  socket.write(frame(TEXT, '40'))
  await once(socket, 'data')
  socket.pause()
  return socket
}

/** Writes until the server hangs up, for a minute at most; whether it did. */
async function floods(socket: Socket, message: Buffer): Promise<boolean> {
  const piece = Buffer.concat(Array<Buffer>(2_000).fill(message))
  const end = Date.now() + 60_000
  while (!socket.closed && Date.now() < end) {
    socket.write(piece)
    while (socket.writableLength > 0 && !socket.closed && Date.now() < end) await pause(5)
  }
  return socket.closed
}

/** The young generation of V8 grows with any work: that is not what is looked for. */
async function warmUp(server: Running): Promise<void> {
  const client = await new RawClient(server.url, {}).connected()
  await client.join('warm')
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(20_000) } }
  for (let n = 0; n < 30; n += 1) {
    await Promise.all(Array.from({ length: 50 }, () => client.execute('warm', 'CreateNode', data)))
  }
  client.socket.disconnect()
}

test.each([
  ['WebSocket pings', frame(PING, 'x'.repeat(100))],
  ['pings of Engine.IO', frame(TEXT, '2')],
  ['events `ping`', frame(TEXT, '42["ping"]')],
  ['events `ping` with acknowledgement', frame(TEXT, '421["ping"]')],
  ['events that there are not', frame(TEXT, '42["nothing"]')],
  ['handshakes of a namespace that there is not', frame(TEXT, '40/nothing,')],
])('[LIM5] [LIM6] a flood of %s without reading ends', async (_what, message) => {
  await using server = await start()
  await warmUp(server)
  const socket = await deafClient(server)
  const before = await residentBytes(server.pid)
  const hungUp = await floods(socket, message)
  const growth = (await residentBytes(server.pid)) - before
  socket.destroy()
  // Whoever reads and answers is served meanwhile and afterwards.
  const client = await new RawClient(server.url, {}).connected()
  await client.settled()
  client.socket.disconnect()
  expect({ hungUp, grewBy: Math.max(0, Math.round(growth / MEGABYTE)) }).toEqual({
    hungUp: true,
    // What came in before the end is garbage at first; without an end it was more than a gigabyte.
    grewBy: expect.toSatisfy((grewBy: number) => grewBy < 300),
  })
})

type Project = { project_id: string; session_id: string }

async function post<T>({ url }: Running, path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return (await (await fetch(`${url}/api/v1${path}`, init)).json()) as T
}

/** A project of 900 KB. */
function importProject(server: Running): Promise<Project> {
  const properties = { text: 'x'.repeat(90_000) }
  const nodes = Array.from({ length: 10 }, (_, n) => ({ id: `n${n}`, type: 't', properties }))
  return post(server, '/projects/import', { graph: { nodes } })
}

/**
 * Sends so many times 900 KB to everybody in the session. Loads leave nothing behind that could be
 * undone: what grows is what waits for somebody.
 */
async function broadcast(server: Running, project: Project, times: number): Promise<void> {
  const { project_id, session_id } = project
  for (let n = 0; n < times; n += 1) {
    // A load that would change nothing is not told.
    const data = { node_id: 'n0', property_id: 'name', new_value: `${n}` }
    await post(server, '/commands/execute', { session_id, command_type: 'UpdateProperty', data })
    const loaded = await post<Project>(server, `/projects/${project_id}/load`, {})
    expect(loaded.project_id).toBe(project_id)
  }
}

const TIMES_FOR_200_MB = 225

const joining = (session_id: string) => `420${JSON.stringify(['join_session', { session_id }])}`

/** Joins a session and reads no more. */
async function stalledWebSocket({ url }: Running, session_id: string): Promise<WebSocket> {
  const path = '/socket.io/?EIO=4&transport=websocket'
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`)
  socket.on('error', () => undefined)
  await once(socket, 'message')
  socket.send('40')
  await once(socket, 'message')
  socket.send(joining(session_id))
  await once(socket, 'message')
  socket.pause()
  return socket
}

/** Joins a session and polls no more. */
async function stalledPolling({ url }: Running, session_id: string): Promise<void> {
  const path = `${url}/socket.io/?EIO=4&transport=polling`
  const opened = await (await fetch(path)).text()
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  const say = (body: string) => fetch(`${path}&sid=${sid}`, { method: 'POST', body })
  await say('40')
  await (await fetch(`${path}&sid=${sid}`)).text()
  await say(joining(session_id))
  await (await fetch(`${path}&sid=${sid}`)).text()
}

test.each([
  ['a WebSocket that does not read', stalledWebSocket],
  ['a client that polls no longer', stalledPolling],
])('[LIM5] 200 MB for %s: it is let go', async (_what, stall) => {
  await using server = await start()
  const project = await importProject(server)
  const watcher = await (await new RawClient(server.url, {}).connected()).join(project.session_id)
  // The work itself takes memory as well, the first time.
  await broadcast(server, project, 60)
  await stall(server, project.session_id)
  await watcher.next('session:connected', ({ active_clients }) => active_clients === 2)
  const before = await residentBytes(server.pid)
  await broadcast(server, project, TIMES_FOR_200_MB)
  const growth = (await residentBytes(server.pid)) - before
  expect(await watcher.next('session:disconnected')).toMatchObject({ active_clients: 1 })
  watcher.socket.disconnect()
  expect(Math.round(growth / MEGABYTE)).toBeLessThan(100)
  server.kill('SIGTERM')
  const { stderr } = await server.ended
  const line =
    stderr.split('\n').find((text) => text.includes('client disconnected by the server')) ?? '{}'
  const { waiting_bytes } = JSON.parse(line) as { waiting_bytes?: number }
  expect(waiting_bytes).toBeGreaterThan(16 * 1024 * 1024)
})

test('[LIM5] a client that reads on late learns why it was let go', async () => {
  await using server = await start('--max-buffered-bytes', '2000000')
  const project = await importProject(server)
  const watcher = await (await new RawClient(server.url, {}).connected()).join(project.session_id)
  const slow = await stalledWebSocket(server, project.session_id)
  const gone = watcher.next('session:disconnected')
  const writing = broadcast(server, project, 40)
  await gone
  const closed = once(slow, 'close')
  slow.resume()
  const [code, reason] = (await closed) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([1013, expect.stringMatching(/^Too slow: \d+ bytes/)])
  await writing
  watcher.socket.disconnect()
})
