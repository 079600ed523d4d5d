import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import { beforeAll, afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Client, type ClientOptions, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { Network } from './network.js'
import { PageSignals } from './page-signals.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 600, reconnect: { minDelayMs: 10, maxDelayMs: 40 } }
/** Whoever waits for the next attempt waits in vain. */
const PATIENT = { minDelayMs: 600_000, maxDelayMs: 600_000 }

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())

async function network(): Promise<Network> {
  const made = await Network.to(server.url)
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

function client(url: string, options: ClientOptions = {}): Client {
  const connected = connect(url, { store: null, actor: 'ada', ...QUICK, ...options })
  onTestFinished(() => connected.close())
  return connected
}

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name })

const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

const isLive = (one: Client | Session) => eventually(() => expect(one.status).toBe('live'))

/** A session with `bytes` of text in it, made by somebody else. */
async function filled(id: string, bytes: number): Promise<void> {
  const maker = connect(server.url, { actor: 'maker', store: null })
  const session = await maker.join(id)
  const text = randomBytes(3_000).toString('base64')
  for (let left = bytes; left > 0; left -= 400_000) {
    const commands = Array.from({ length: Math.ceil(Math.min(left, 400_000) / 4_000) }, () => ({
      command_type: 'CreateNode' as const,
      // What repeats itself would be packed.
      data: {
        blueprint_type_id: 't',
        name: 'n',
        properties: { text: randomBytes(3_000).toString('base64') },
      },
    }))
    await session.batch(commands)
  }
  expect(text).toHaveLength(4_000)
  maker.close()
}

describe('nothing before it is needed', () => {
  test('a client that is only made dials nothing; one that is asked for its status does', async () => {
    const made = await network()
    const idle = client(made.url)
    idle.on('status', () => {})
    await idle.rest.getHealth()
    expect(made.requests.filter((line) => line.includes('socket.io'))).toEqual([])
    expect(idle.status).toBe('connecting')
    await isLive(idle)
  })

  test('connect() connects', async () => {
    const statuses: unknown[] = []
    const wanted = client(server.url)
    wanted.on('status', (status) => statuses.push(status))
    wanted.connect()
    await eventually(() => expect(statuses).toEqual(['live']))
  })
})

describe('WebSocket, then polling', () => {
  test.each(['unanswered', 'silent', { status: 403 }] as const)(
    'upgrades that are %j: polling connects',
    async (upgrades) => {
      const made = await network()
      made.upgrades(upgrades)
      const hung = client(made.url)
      const session = await hung.join('upgrades')
      await create(session, 'Cut')
      expect(made.requests.some((line) => line.includes('transport=polling'))).toBe(true)
      // The next time polling comes first, and nobody waits for WebSocket again.
      made.requests.length = 0
      made.reset()
      await eventually(() => expect(made.requests.length).toBeGreaterThan(0))
      expect(made.requests[0]).toContain('transport=polling')
      await isLive(hung)
    },
  )

  test('polling that works goes on to WebSocket when that works', async () => {
    const made = await network()
    made.upgrades('unanswered')
    const hung = client(made.url)
    hung.connect()
    await isLive(hung)
    made.mend()
    made.requests.length = 0
    made.reset()
    await eventually(() => {
      expect(made.requests.some((line) => line.includes('transport=websocket'))).toBe(true)
      expect(hung.status).toBe('live')
    })
  })

  test('a WebSocket that works at first and then hangs is replaced by polling', async () => {
    const made = await network()
    const hung = client(made.url)
    const session = await hung.join('hangs-later')
    made.abandon()
    made.requests.length = 0
    await create(session, 'Cut')
    expect(made.requests[0]).toContain('transport=polling')
  })

  test('WebSockets that break soon, again and again, are replaced by polling', async () => {
    const made = await network()
    const broken = client(made.url)
    const statuses: unknown[] = []
    broken.on('status', (status) => statuses.push(status))
    const session = await broken.join('breaks')
    for (const count of [1, 2, 3]) {
      made.requests.length = 0
      made.reset()
      await eventually(() => {
        expect(statuses.filter((status) => status === 'offline')).toHaveLength(count)
        expect(session.status).toBe('live')
      })
    }
    await create(session, 'Cut')
    expect(made.requests.some((line) => line.includes('transport=polling'))).toBe(true)
    expect(made.requests.some((line) => line.includes('transport=websocket'))).toBe(false)
  })
})

describe('limits measure standstill', () => {
  test('a graph that takes many times the limit is loaded once, and its progress told', async () => {
    await filled('slow', 700_000)
    const made = await network()
    made.slow(200_000)
    const slow = client(made.url)
    const progress: number[] = []
    const statuses: unknown[] = []
    slow.on('progress', ({ session_id, bytes }) => {
      expect(session_id).toBe('slow')
      progress.push(bytes)
    })
    slow.on('status', (status) => statuses.push(status))
    const began = performance.now()
    const session = await slow.join('slow')
    expect(performance.now() - began).toBeGreaterThan(3 * QUICK.ackTimeoutMs)
    expect(session.graph.size).toBe(175)
    expect(made.requests.filter((line) => line.includes('/graph'))).toHaveLength(1)
    expect(progress.length).toBeGreaterThan(5)
    expect(progress.at(-1)).toBeGreaterThan(700_000)
    expect(statuses).toEqual(['joining', 'live'])
  })

  test('a download that stalls in the middle is given up and begun again', async () => {
    await filled('stalls', 400_000)
    const made = await network()
    made.slow(400_000)
    const slow = client(made.url)
    const heard = vi.fn<(progress: object) => void>()
    slow.on('progress', heard)
    const joining = slow.join('stalls')
    await eventually(() => expect(heard).toHaveBeenCalled())
    made.abandon()
    made.mend()
    expect((await joining).graph.size).toBe(100)
  })

  test('an upload may take as long as a slow line needs', async () => {
    const made = await network()
    made.slow(60_000)
    const slow = client(made.url)
    const { session_id } = await slow.rest.createSession({})
    const properties = { text: randomBytes(60_000).toString('base64') }
    const answer = await slow.rest.executeCommand({
      session_id,
      command_type: 'CreateNode',
      data: { blueprint_type_id: 't', name: 'n', properties },
    })
    expect(answer.success).toBe(true)
  })

  test('a command that is large for the line is sent once', async () => {
    const made = await network()
    const slow = client(made.url)
    const session = await slow.join('large')
    made.slow(60_000)
    const properties = { text: randomBytes(60_000).toString('base64') }
    const large = session.execute('CreateNode', { blueprint_type_id: 't', properties })
    const small = create(session, 'behind it')
    await Promise.all([large, small])
    expect(made.accepted).toBe(2)
  })

  test('what was missed is fetched in pages when the answer with all of it does not arrive', async () => {
    const made = await network()
    const slow = client(made.url, { ackTimeoutMs: 400 })
    const session = await slow.join('missed')
    made.cut()
    await eventually(() => expect(session.status).toBe('offline'))
    await filled('missed', 400_000)
    made.mend()
    made.slow(250_000)
    await eventually(() => expect(session.graph.size).toBe(100))
    await isLive(session)
  })
})

describe('what is said twice, cut or broken off', () => {
  test('commands that arrive twice take effect once', async () => {
    const made = await network()
    made.double()
    const doubled = client(made.url)
    const session = await doubled.join('doubled')
    await Promise.all([create(session, 'a'), create(session, 'b')])
    expect(names(session)).toEqual(['a', 'b'])
    const { graph } = await connectedTo('doubled')
    expect(graph.size).toBe(2)
  })

  test('connections that break after some bytes, wherever: all is done once', async () => {
    const made = await network()
    const broken = client(made.url)
    const session = await broken.join('broken')
    const all = Array.from({ length: 20 }, (_, i) => `n${i}`)
    const creating = all.map((name) => create(session, name))
    for (let bytes = 50; bytes <= 3_000; bytes = Math.ceil(bytes * 1.6)) {
      made.cutAfter(bytes)
      made.reset()
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    made.mend()
    made.reset()
    await Promise.all(creating)
    expect(names(session)).toEqual(all)
  })

  async function connectedTo(id: string): Promise<Session> {
    const other = client(server.url, { actor: 'other' })
    return other.join(id)
  }
})

describe('every failure keeps its reason', () => {
  const hopeless: ClientOptions = { totalTimeoutMs: 700, ackTimeoutMs: 200 }

  async function reasonAt(url: string): Promise<string> {
    const failing = client(url, hopeless)
    const told = vi.fn<(error: Error) => void>()
    failing.on('error', told)
    const { code, message } = await rejection(failing.join('s'))
    expect(code).toBe('TIMEOUT')
    expect(failing.status).toBe('offline')
    expect(failing.problem?.code).toBe('UNREACHABLE')
    await eventually(() => expect(told).toHaveBeenCalled())
    // Once, though there were many attempts.
    expect(told.mock.calls.map(([error]) => error.message)).toEqual([failing.problem?.message])
    expect(message).toContain(failing.problem?.message)
    return message
  }

  test('nothing listens', async () => {
    expect(await reasonAt('http://127.0.0.1:9')).toMatch(/nothing listens there.*ECONNREFUSED/)
  })

  test('no such host', async () => {
    expect(await reasonAt('http://nowhere.invalid')).toMatch(/no such host.*(ENOTFOUND|EAI_AGAIN)/)
  })

  test('https to a server of http', async () => {
    expect(await reasonAt(server.url.replace('http', 'https'))).toContain('does not speak TLS')
  })

  test.each([
    [403, 'does not allow this'],
    [404, 'no Talus server at this address'],
    [502, 'a proxy does not reach the server'],
  ])('a proxy answers %d', async (status, words) => {
    const made = await network()
    made.impersonate({ status, body: '<html>Sorry</html>' })
    expect(await reasonAt(made.url)).toContain(`HTTP ${status}: `)
    expect(await reasonAt(made.url)).toContain(words)
  })

  test('a stranger is there', async () => {
    const made = await network()
    made.impersonate({ status: 200, body: '<html><title>Welcome to the hotel</title></html>' })
    expect(await reasonAt(made.url)).toContain(
      "what answers is not a Talus server, 'Welcome to the hotel'",
    )
  })

  test('a proxy passes on REST and nothing else', async () => {
    const made = await network()
    made.impersonate({ status: 200, body: 'It works' }, (line) => line.includes('/socket.io'))
    expect(await reasonAt(made.url)).toContain('but not at /socket.io/')
  })

  test('a server that takes connections and never answers', async () => {
    const sockets: Socket[] = []
    const mute = createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      mute.close()
    })
    const failing = client(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, hopeless)
    const { message } = await rejection(failing.join('s'))
    expect(message).toMatch(/could not be joined within 0.7 s: .*no answer within 200 ms/)
  })

  test('a failure is not final: the reason goes with it', async () => {
    const made = await network()
    made.cut()
    const failing = client(made.url)
    failing.connect()
    await eventually(() => expect(failing.problem?.code).toBe('UNREACHABLE'))
    made.mend()
    await isLive(failing)
    expect(failing.problem).toBeUndefined()
  })
})

describe('signals of the platform', () => {
  /** Begins with the signals in place; without one, no limit ends and no pause does. */
  async function page(id: string) {
    const signals = new PageSignals()
    onTestFinished(() => signals[Symbol.dispose]())
    const made = await network()
    const shown = client(made.url, { ackTimeoutMs: 600_000, reconnect: PATIENT })
    const session = await shown.join(id)
    await isLive(shown)
    return { signals, made, shown, session }
  }

  async function news(id: string): Promise<void> {
    const other = client(server.url, { actor: 'other' })
    await create(await other.join(id), 'news')
  }

  test.each(['online', 'pageshow', 'resume', 'visibilitychange'] as const)(
    'a connection that died unnoticed is replaced at %s',
    async (signal) => {
      const { signals, made, shown, session } = await page(`dead-${signal}`)
      made.abandon()
      await news(`dead-${signal}`)
      signals.give(signal)
      await eventually(() => expect(names(session)).toEqual(['news']))
      expect(shown.status).toBe('live')
    },
  )

  test('a pause is cut short', async () => {
    const { signals, made, shown } = await page('pause')
    made.cut()
    await eventually(() => expect(shown.status).toBe('offline'))
    made.mend()
    signals.give('online')
    await isLive(shown)
  })

  test('an attempt that hangs in another network is made anew', async () => {
    const { signals, made, shown } = await page('hanging')
    made.impersonate('silence')
    made.reset()
    await eventually(() => expect(shown.status).toBe('offline'))
    signals.give('online')
    await eventually(() => expect(made.requests.length).toBeGreaterThan(2))
    made.abandon()
    made.mend()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    signals.give('online')
    await isLive(shown)
  })

  test.each([
    ['freeze', 'resume'],
    ['pagehide', 'pageshow'],
  ] as const)('after %s nothing is claimed; %s connects', async (going, coming) => {
    const { signals, shown, session } = await page(going)
    signals.give(going)
    expect(shown.status).toBe('offline')
    const told = () => shown.rest.getSession({ session_id: going })
    await eventually(async () => expect((await told()).active_clients).toBe(0))
    await news(going)
    signals.give(coming)
    await eventually(() => expect(names(session)).toEqual(['news']))
    await isLive(shown)
  })

  test('a connection that lives is left alone', async () => {
    const { signals, made, shown } = await page('lives')
    const before = made.accepted
    for (let i = 0; i < 20; i += 1) signals.show()
    signals.hide()
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect([made.accepted, shown.status]).toEqual([before, 'live'])
  })

  test('connect() does it where there are no signals', async () => {
    const made = await network()
    const native = client(made.url, { ackTimeoutMs: 600_000, reconnect: PATIENT })
    const session = await native.join('native')
    made.abandon()
    await news('native')
    native.connect()
    await eventually(() => expect(names(session)).toEqual(['news']))
  })
})
