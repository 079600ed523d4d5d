import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HeldBytes, type Holder } from '../src/broadcast/held-bytes.js'
import { Allowance } from '../src/limits/socket-limits.js'
import { LocalPresence } from '../src/presence/presence.js'
import { quickApp, RawClient } from './harness.js'
import { launch } from './server-process.js'

const MEGABYTE = 1_000_000

/** The built server in a process of its own: what its memory does is told by nothing else here. */
async function start(...args: string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-memory-'))
  const place = ['--port', '0', '--data-dir', dataDir, '--log-level', 'warn']
  const variables = { NODE_OPTIONS: '--max-old-space-size=1024 --max-semi-space-size=1' }
  const server = launch([...place, ...args], variables)
  const { url } = JSON.parse(await server.greeting) as { url: string }
  return Object.assign(server, {
    url,
    port: Number(new URL(url).port),
    async residentBytes() {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL')
      await server.ended
      await rm(dataDir, { recursive: true })
    },
  })
}

const PATH = '/socket.io/?EIO=4&transport=websocket'

/** A WebSocket that has connected to `/` and sends what it is told to, byte by byte. */
async function rawSocket({ url, port }: { url: string; port: number }): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${upgrade}\r\n${key}\r\n\r\n`)
  await once(socket, 'data')
  socket.write(Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')]))
  await once(socket, 'data')
  socket.resume()
  return socket
}

/** The beginning of a text message: its header says more than will come. Source: RFC 6455, 5.2. */
function beginning(length: number, sent: number): Buffer {
  const header = Buffer.alloc(14)
  header[0] = 0x81
  header[1] = 0xff
  header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, Buffer.alloc(sent, 'x')])
}

test('[LIM32] messages that never end hold so much memory of a user and no more', async () => {
  await using server = await start()
  const before = await server.residentBytes()
  const sockets = await Promise.all(Array.from({ length: 200 }, () => rawSocket(server)))
  const ended = sockets.map((socket) => once(socket, 'close'))
  for (const socket of sockets) socket.write(beginning(999_000, 900_000))
  // 180 MB, of which the budget of one user lets 32 MB stay.
  await Promise.race(ended)
  const honest = await new RawClient(server.url, {}).connected()
  await honest.join('s')
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBeGreaterThan(150)
  await honest.settled()
  honest.socket.disconnect()
  const growth = Math.round(((await server.residentBytes()) - before) / MEGABYTE)
  expect(growth).toBeLessThan(300)
  for (const socket of sockets) socket.destroy()
  expect(server.stderr()).toContain('"reason":"memory"')
})

test('[LIM32] before it is known who it is, a connection sends little', async () => {
  await using app = await quickApp()
  const url = app.url.replace('http', 'ws') + PATH
  const silent = new WebSocket(url)
  await once(silent, 'message')
  silent.send(`40${JSON.stringify({ token: 'x'.repeat(200_000) })}`)
  expect((await once(silent, 'close'))[0]).toBe(1009)
  const known = new WebSocket(url)
  await once(known, 'message')
  known.send('40')
  await once(known, 'message')
  known.send(`420["nothing",{"text":"${'x'.repeat(500_000)}"}]`)
  expect(String((await once(known, 'message'))[0])).toContain('Unknown event')
  known.terminate()
  // By polling alike.
  const polling = `${app.url}/socket.io/?EIO=4&transport=polling`
  const opened = await (await fetch(polling)).text()
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  const body = `40${JSON.stringify({ token: 'x'.repeat(200_000) })}`
  expect((await fetch(`${polling}&sid=${sid}`, { method: 'POST', body })).status).toBe(413)
})

test('[LIM32] a packet without content ends no more than its connection', async () => {
  await using server = await start()
  const socket = new WebSocket(server.url.replace('http', 'ws') + PATH)
  socket.on('error', () => undefined)
  await once(socket, 'message')
  socket.send('40')
  await once(socket, 'message')
  socket.send('4')
  const honest = await new RawClient(server.url, {}).connected()
  await honest.settled()
  honest.socket.disconnect()
  socket.terminate()
  expect(server.stderr()).not.toContain('uncaught')
})

test('[LIM32] attachments of a message count in its size', async () => {
  await using app = await quickApp({ args: ['--max-message-bytes', '100000'] })
  const socket = new WebSocket(app.url.replace('http', 'ws') + PATH)
  await once(socket, 'message')
  socket.send('40')
  await once(socket, 'message')
  const places = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }))
  socket.send(`4510-${JSON.stringify(['execute_command', ...places])}`)
  const closed = once(socket, 'close')
  for (let n = 0; n < 9; n += 1) socket.send(Buffer.alloc(30_000))
  expect((await closed)[0]).toBe(1009)
  const client = await app.client()
  await client.settled()
})

const LARGEST = { list: Array.from({ length: 4_000 }, () => []) }

test('[LIM32] presence of many sockets and sessions of a user takes little more than its text', async () => {
  await using server = await start('--max-joined-per-user', '0')
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => new RawClient(server.url, {}).connected()),
  )
  const before = await server.residentBytes()
  const outcomes = new Map<string, number>()
  for (const [n, client] of clients.entries()) {
    for (let m = 0; m < 40; m += 1) {
      const session_id = `s-${n}-${m}`
      await client.join(session_id)
      const answer = await client.ask('update_presence', { session_id, state: LARGEST })
      const code = answer.ok === true ? 'ok' : (answer.error as { code: string }).code
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
    }
  }
  const growth = Math.round(((await server.residentBytes()) - before) / MEGABYTE)
  for (const client of clients) client.socket.disconnect()
  // A user has 1 MB of 64; 800 states of 12 KB would be 10 MB of text, and were 150 MB of objects.
  expect(outcomes.get('ok')).toBeLessThan(100)
  expect(outcomes.get('LIMIT_EXCEEDED')).toBeGreaterThan(700)
  expect(growth).toBeLessThan(100)
})

test('[LIM32] the largest presence of a session goes when there is too much', () => {
  // Of 4 MB a session has 250,000 bytes, a user 62,500.
  const told: string[] = []
  const shown: string[] = []
  const presence = new LocalPresence(
    {
      showPresence: (_session_id, changes) =>
        shown.push(...changes.map(({ client_id, text }) => `${client_id} ${text.length}`)),
      tell: (_session_id, client_id, { code }) => told.push(`${client_id} ${code}`),
      count: () => 1,
    },
    { atNextBeat: (work) => setImmediate(work), now: () => 0, bytes: 4_000_000 },
  )
  const say = (client_id: string, length: number, user = new Allowance()) => {
    const state = { text: 'x'.repeat(length) }
    const actor = { id: client_id }
    const update = { presence: { client_id, actor, state }, text: JSON.stringify(state), user }
    return presence.update('s', update)
  }
  for (let n = 0; n < 30; n += 1) expect(say(`small-${n}`, 100)).toBeUndefined()
  const eve = new Allowance()
  expect(say('eve-1', 16_000, eve)).toBeUndefined()
  expect(say('eve-2', 16_000, eve)).toBeUndefined()
  expect(say('eve-3', 16_000, eve)).toBeUndefined()
  expect(say('eve-4', 16_000, eve)).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  // Smaller is allowed.
  expect(say('eve-3', 100, eve)).toBeUndefined()
  for (let n = 0; n < 14; n += 1) say(`other-${n}`, 16_000)
  expect(told.length).toBeGreaterThan(0)
  expect(told.every((line) => !line.startsWith('small'))).toBe(true)
  const left = presence.everybody('s').map(({ client_id }) => client_id)
  expect(left.filter((id) => id.startsWith('small'))).toHaveLength(30)
  expect(presence.bytesOf('s')).toBeLessThanOrEqual(250_000)
  for (const id of left) presence.leave('s', id)
  expect(presence.bytesOf('s')).toBe(0)
  expect(eve.presenceBytes).toBe(0)
})

test('[LIM32] a client learns that its presence was taken back', async () => {
  await using app = await quickApp({ args: ['--max-presence-bytes', '1000000'] })
  const client = await (await app.client()).join('s')
  const refused = await client.ask('update_presence', { session_id: 's', state: LARGEST })
  expect(refused).toMatchObject({ ok: true })
  const again = await (await app.client()).join('s')
  expect(await again.ask('update_presence', { session_id: 's', state: LARGEST })).toMatchObject({
    ok: false,
    error: { code: 'LIMIT_EXCEEDED', message: 'Your presence states take too much memory' },
  })
})

test('[PRES1] large states of many are shown in writes of a bounded size, the last one of each', async () => {
  const shown: number[] = []
  const latest = new Map<string, string>()
  const beats: { work: () => void; least: number }[] = []
  const presence = new LocalPresence(
    {
      showPresence: (_session_id, changes) => {
        shown.push(changes.reduce((sum, { text }) => sum + text.length, 0))
        for (const { client_id, text } of changes) latest.set(client_id, text)
      },
      tell: () => undefined,
      count: () => 100,
    },
    {
      atNextBeat: (work, least) => void beats.push({ work, least }),
      now: () => 0,
      bytes: 64_000_000,
    },
  )
  for (let n = 0; n < 100; n += 1) {
    const state = { text: `${n} ${'x'.repeat(15_000)}` }
    const client_id = `c${n}`
    const update = { client_id, actor: { id: client_id }, state }
    presence.update('s', { presence: update, text: JSON.stringify(state), user: new Allowance() })
  }
  for (let beat = beats.shift(); beat; beat = beats.shift()) beat.work()
  expect(latest.size).toBe(100)
  // To 100 clients: 4 MB in one write.
  expect(Math.max(...shown)).toBeLessThan(60_000)
})

/** A connection that holds what it is told to. */
function holder(owner: string, heldBytes: number, evicted: string[]): Holder {
  return {
    owner,
    get heldBytes() {
      return heldBytes
    },
    evict(reason) {
      heldBytes = 0
      evicted.push(`${owner} ${reason}`)
    },
  }
}

test('[LIM32] the largest holders of memory are ended, of a user and of all', async () => {
  const evicted: string[] = []
  const held = new HeldBytes({ perUser: 1_000_000, inAll: 3_000_000 })
  const holders = [
    ...Array.from({ length: 5 }, () => holder('eve', 500_000, evicted)),
    holder('ann', 900_000, evicted),
    holder('bob', 800_000, evicted),
    holder('carl', 700_000, evicted),
  ]
  for (const each of holders) held.watch(each)
  await expect.poll(() => evicted).toHaveLength(4)
  expect(evicted).toEqual(['eve user', 'eve user', 'eve user', 'ann all'])
  for (const each of holders) held.forget(each)
})

test('[LIM32] what is written to many at once ends nobody who reads it', () => {
  const evicted: string[] = []
  const held = new HeldBytes({ perUser: 1_000_000, inAll: 3_000_000 })
  const readers = Array.from({ length: 10 }, (_, n) => holder(`user-${n}`, 500_000, evicted))
  for (const each of readers) held.watch(each)
  held.grew(5_000_000)
  expect(evicted).toEqual([])
  const more = Array.from({ length: 10 }, (_, n) => holder(`more-${n}`, 500_000, evicted))
  for (const each of more) held.watch(each)
  held.grew(5_000_000)
  // Twice as much as there may be is too much, whoever reads.
  expect(evicted).toHaveLength(8)
  for (const each of [...readers, ...more]) held.forget(each)
})
