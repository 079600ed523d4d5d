import { expect, test } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type Session, type TalusError } from '../../../packages/client/src/index.js'
import { freePort } from '@talus/services'
import { balancer } from './balancer.js'
import { REDIS } from './harness.js'
import { temporaryDatabase } from './postgres-database.js'
import { launch, type ServerProcess } from './server-process.js'
import { twoNodes } from './two-nodes.js'

const QUICK = { reconnect: { minDelayMs: 20, maxDelayMs: 200 } }

const task = (name: string) => ({ blueprint_type_id: 'task', name })

test('[DOOR1] polling that reaches the wrong server is told what to set, and the SDK goes over to WebSocket', async () => {
  await using nodes = await twoNodes()
  const { one, other } = nodes
  await using front = await balancer([one.url, other.url], { isSticky: false })
  const path = `${front.url}/socket.io/?EIO=4&transport=polling`
  const opened = await (await fetch(path)).text()
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  for (const method of ['POST', 'GET']) {
    // Their turns alternate: one more request has the next one come to the wrong server.
    const body = method === 'POST' ? { body: '40' } : {}
    const stray = await fetch(`${path}&sid=${sid}`, { method, ...body })
    expect(stray.status).toBe(400)
    expect(await stray.json()).toMatchObject({
      // Of Engine.IO, which its clients know.
      code: 1,
      message: expect.stringMatching(
        /^Session ID unknown: .* sticky sessions, by cookie or address/,
      ),
    })
    await fetch(`${front.url}/api/v1/health`)
  }
  const counted = [one, other].map(async ({ url }) => await strayPolls(url))
  expect((await Promise.all(counted)).reduce((sum, n) => sum + n)).toBe(2)

  const polling = connect(front.url, { ...QUICK, transports: ['polling'] })
  const error = await new Promise<TalusError>((resolve) => {
    polling.on('error', resolve)
    polling.connect()
  })
  expect(error).toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('the balancer does not keep long polling on one server'),
  })
  polling.close()

  const either = connect(front.url, { ...QUICK, transports: ['polling', 'websocket'] })
  const session = await either.join('both')
  for (let n = 0; n < 5; n += 1) {
    expect(await session.execute('CreateNode', task(`n-${n}`))).toMatchObject({ ok: true })
  }
  either.close()
}, 0)

async function strayPolls(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^talus_stray_polls_total (\d+)$/m.exec(text)?.[1])
}

/** Commands without pause, until it is said to end; what each has come to. */
async function write(session: Session, name: string, isOver: () => boolean): Promise<number[]> {
  const seqs: number[] = []
  const one = async (lane: number) => {
    for (let n = 0; !isOver(); n += 1) {
      const { seq } = await session.execute('CreateNode', task(`${name}-${lane}-${n}`))
      seqs.push(Number(seq))
    }
  }
  await Promise.all(Array.from({ length: 4 }, (_, lane) => one(lane)))
  return seqs
}

test('[CMD1] servers are ended and started one after the other while clients write, and no command is lost, doubled or refused', async () => {
  await using database = await temporaryDatabase()
  const start = async (port: number): Promise<ServerProcess> => {
    const place = ['--database-url', database.url, '--redis-url', REDIS]
    const drain = ['--drain-seconds', '2', '--port', String(port), '--log-level', 'error']
    const server = launch([...place, ...drain])
    await server.greeting
    return server
  }
  const ports = [await freePort(), await freePort()]
  const servers = [await start(ports[0] ?? 0), await start(ports[1] ?? 0)]
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  await using front = await balancer(urls, { checkMs: 100 })
  const clients = ['ann', 'ben', 'eve', 'joe'].map((actor) =>
    connect(front.url, { ...QUICK, actor }),
  )
  const troubles: string[] = []
  const sessions: Session[] = []
  for (const client of clients) {
    client.on('error', ({ message }) => troubles.push(message))
    const session = await client.join('s')
    session.on('rejected', ({ message }) => troubles.push(message))
    sessions.push(session)
  }
  let isOver = false
  const writing = sessions.map((session, n) => write(session, `c${n}`, () => isOver))
  for (const [n, port] of ports.entries()) {
    await pause(500)
    servers[n]?.kill('SIGTERM')
    // It says so before it closes its door.
    while ((await fetch(`${urls[n]}/api/v1/ready`)).status !== 503) await pause(10)
    expect(await servers[n]?.ended).toMatchObject({ code: 0 })
    servers[n] = await start(port)
    await pause(300)
  }
  await pause(500)
  isOver = true
  const seqs = (await Promise.all(writing)).flat().toSorted((a, b) => a - b)
  // Each seq once, without a gap: what is durable is what was acknowledged.
  expect(seqs.length).toBeGreaterThan(200)
  expect(seqs).toEqual(seqs.map((_, n) => n + 1))
  const [reader = connect(front.url)] = clients
  const { nodes } = await reader.rest.getGraph({ session_id: 's' })
  expect(nodes).toHaveLength(seqs.length)
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(seqs.length)
  expect(troubles).toEqual([])
  for (const client of clients) client.close()
  for (const server of servers) server.kill('SIGTERM')
  for (const server of servers) expect((await server.ended).code).toBe(0)
}, 0)
