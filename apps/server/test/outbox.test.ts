import { describe, expect, test } from 'vitest'
import { quickApp, type RawClient } from './harness.js'

type Seen = { event: string; seq: unknown; command_id: unknown }

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

function seqs(client: RawClient, event: string): number[] {
  return client.of(event).map((payload) => Number(payload.seq))
}

function seen(client: RawClient): Seen[] {
  return client.received
    .filter(({ event }) => !event.startsWith('session:'))
    .map(({ event, payload }) => ({ event, seq: payload.seq, command_id: payload.command_id }))
}

/** Writes one node after the other, several at a time, until told to stop. */
class Writer {
  readonly #client: RawClient
  #running = true
  #done: Promise<void> | undefined
  written = 0

  constructor(client: RawClient) {
    this.#client = client
  }

  start(): this {
    this.#done = this.#run()
    return this
  }

  /** Resolves when everything written is acknowledged. */
  async stop(): Promise<number> {
    this.#running = false
    await this.#done
    return this.written
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const acks = range(1, 3).map(() =>
        this.#client.execute('s', 'CreateNode', { blueprint_type_id: 't', name: 'a' }),
      )
      await Promise.all(acks)
      this.written += acks.length
    }
  }

  /** Resolves when that many more are written. */
  async more(count: number): Promise<void> {
    const target = this.written + count
    while (this.written < target) await this.#client.settled()
  }
}

describe.each(['/', '/graph'] as const)('on %s', (namespace) => {
  const enter = async (client: Promise<RawClient>) =>
    namespace === '/' ? (await client).join('s') : client

  test('[CMD2] polling and WebSocket see the same events in the same order', async () => {
    await using app = await quickApp()
    const connect = (transport: string) => {
      const options = { transports: [transport] }
      return enter(namespace === '/' ? app.client(options) : app.graphClient('s', options))
    }
    const [polling, websocket] = [await connect('polling'), await connect('websocket')]
    for (const client of [polling, websocket]) {
      await client.settled()
      client.clear()
    }
    const writer = await app.client()
    await Promise.all(
      range(1, 300).map((i) => {
        const parent_id = i % 4 === 0 ? 'nowhere' : null
        const data = { blueprint_type_id: 't', name: '名'.repeat(i), parent_id }
        return writer.execute('s', 'CreateNode', data, { command_id: `c${i}` })
      }),
    )
    await Promise.all([polling.settled(), websocket.settled()])
    expect(seen(websocket)).toHaveLength(225 * 3 + 75 * 2)
    expect(polling.received).toEqual(websocket.received)
  })
})

test('[SYNC2] a client that upgrades to WebSocket misses no event and gets none twice', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  await using writer = new Writer(await app.client()).start()
  const connect = async () => {
    const client = await app.graphClient('s', { transports: ['polling', 'websocket'] })
    const { engine } = client.socket.io
    let before = -1
    await new Promise<void>((resolve) => {
      if (engine.transport.name === 'websocket') return resolve()
      engine.once('upgrade', () => {
        before = client.of('command:executed').length
        resolve()
      })
    })
    return { client, before }
  }
  const sawBefore = ({ before }: { before: number }) => before > 0
  const upgrading: Awaited<ReturnType<typeof connect>>[] = []
  // Some upgrade before the first event comes: they say nothing.
  for (let wave = 0; wave < 20 && !upgrading.some(sawBefore); wave += 1) {
    upgrading.push(...(await Promise.all(range(1, 8).map(connect))))
  }
  await writer.more(60)
  const last = await writer.stop()
  for (const { client } of upgrading) {
    expect(client.socket.io.engine.transport.name).toBe('websocket')
    await client.settled()
    const [first = 0] = seqs(client, 'command:executed')
    expect(seqs(client, 'command:executed')).toEqual(range(first, last))
    expect(seqs(client, 'graph:node-created')).toEqual(range(first, last))
  }
  // Otherwise this test has not seen what it is about.
  expect(upgrading.some(sawBefore)).toBe(true)
})

test('[SYNC1] joined, events and left keep their order, join after join', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  await using writer = new Writer(await app.client()).start()
  for (const transport of ['websocket', 'polling']) {
    const client = await app.client({ transports: [transport] })
    for (let round = 0; round < 15; round += 1) {
      client.clear()
      await client.ask('join_session', { session_id: 's' })
      await writer.more(6)
      await client.ask('leave_session', { session_id: 's' })
      await writer.more(6)
      await client.settled()
      const names = client.names()
      expect(names[0]).toBe('joined')
      expect(names.at(-1)).toBe('left')
      const start = Number(client.of('joined')[0]?.seq)
      const created = seqs(client, 'node-created')
      expect(created.length).toBeGreaterThan(0)
      expect(created).toEqual(range(start + 1, start + created.length))
    }
  }
})

test.each(['websocket', 'polling'])(
  '[CMD3] acknowledgements come after the events of their command, in order (%s)',
  async (transport) => {
    await using app = await quickApp()
    const client = await (await app.client({ transports: [transport] })).join('s')
    const log: string[] = []
    client.socket.on('command:executed', ({ command_id }) => log.push(`executed ${command_id}`))
    const ids = range(1, 200).map((i) => `c${i}`)
    await Promise.all(
      ids.map(async (command_id) => {
        const data = { blueprint_type_id: 't' }
        await client.execute('s', 'CreateNode', data, { command_id })
        log.push(`acknowledged ${command_id}`)
      }),
    )
    expect(log.filter((line) => line.startsWith('executed'))).toEqual(
      ids.map((id) => `executed ${id}`),
    )
    expect(log.filter((line) => line.startsWith('acknowledged'))).toEqual(
      ids.map((id) => `acknowledged ${id}`),
    )
    for (const id of ids) {
      expect(log.indexOf(`executed ${id}`)).toBeLessThan(log.indexOf(`acknowledged ${id}`))
    }
  },
)

test('[CMD2] packets of Engine.IO itself and broadcasts share a connection in order', async () => {
  await using app = await quickApp()
  const root = await (await app.client()).join('s')
  await using writer = new Writer(await app.client()).start()
  // Each entry and each departure on `/graph` is a packet that Socket.IO writes by itself.
  const graph = root.socket.io.socket('/graph', { auth: { session_id: 's' } })
  for (let round = 0; round < 30; round += 1) {
    const created: number[] = []
    graph.on('graph:node-created', ({ seq }) => created.push(Number(seq)))
    const connected = new Promise((resolve) => graph.once('connect', () => resolve(undefined)))
    if (!graph.active) graph.connect()
    await connected
    await writer.more(3)
    await graph.emitWithAck('ping')
    const [first = 0] = created
    expect(created.length).toBeGreaterThan(0)
    expect(created).toEqual(range(first, first + created.length - 1))
    graph.off('graph:node-created')
    graph.disconnect()
    // Socket.IO hangs up on a client whose new handshake overtakes its departure.
    await root.settled()
  }
  const last = await writer.stop()
  await root.settled()
  expect(seqs(root, 'node-created')).toEqual(range(1, last))
})

test('[SYNC4] large and small packets keep their order', async () => {
  await using app = await quickApp()
  const listeners = await Promise.all(
    ['websocket', 'polling'].map(async (transport) =>
      (await app.client({ transports: [transport] })).join('s'),
    ),
  )
  const writer = await app.client()
  // Lengths on both sides of those where a WebSocket frame changes its header.
  const sizes = [1, 100, 126, 127, 400, 65_000, 65_535, 65_536, 300_000, 5]
  await Promise.all(
    sizes.map((size) => {
      const properties = { p: 'é'.repeat(size / 2) }
      return writer.execute('s', 'CreateNode', { blueprint_type_id: 't', properties })
    }),
  )
  for (const listener of listeners) {
    await listener.settled()
    const lengths = listener
      .of('node-created')
      .map((event) => (event.node as { properties: { p: string } }).properties.p.length)
    expect(lengths).toEqual(sizes.map((size) => Math.floor(size / 2)))
  }
})
