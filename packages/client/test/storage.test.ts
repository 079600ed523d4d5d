import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  connect,
  type Client,
  type CommandStore,
  type Session,
  type TalusError,
} from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { FaultyStore, MemoryStore, METHODS, WAYS, type Method, type Way } from './faulty-store.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 5_000, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name }, { commandId: name })

const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

type Watched = { client: Client; errors: TalusError[] } & Disposable

function watched(url: string, store: CommandStore): Watched {
  const client = connect(url, { ...QUICK, actor: 'ada', store })
  const errors: TalusError[] = []
  // A network that is down is told as well.
  client.on('error', (error) => error.code === 'STORE_FAILED' && errors.push(error))
  return { client, errors, [Symbol.dispose]: () => client.close() }
}

const MOMENTS = ['from the start', 'after the join', 'offline'] as const
type Moment = (typeof MOMENTS)[number]

const ALL: [Method, Way, Moment][] = [...METHODS, 'every method' as const].flatMap((method) =>
  WAYS.flatMap((way) => MOMENTS.map((moment): [Method, Way, Moment] => [method, way, moment])),
)

describe('a store of which', () => {
  test.concurrent.each(ALL)('%s %s %s costs nothing', async (method, way, moment) => {
    const id = [method, way, moment].join('.').replaceAll(' ', '-')
    const memory = new MemoryStore()
    const store = new FaultyStore(memory)
    await using network = await Network.to(server.url)
    const breakIf = (now: Moment) => now === moment && store.breaks(method, way)

    breakIf('from the start')
    using first = watched(network.url, store)
    const { client, errors } = first
    const session = await client.join(id)
    breakIf('after the join')
    await create(session, 'a')
    await create(session, 'b')
    network.cut()
    await eventually(() => expect(session.status).toBe('offline'))
    breakIf('offline')
    for (const name of ['c', 'd']) void create(session, name)
    expect(names(session)).toEqual(['a', 'b', 'c', 'd'])
    // What goes wrong with commands is told, once, and why.
    const isOfCommands = ['adopt', 'add', 'remove', 'every method'].includes(method)
    const told = isOfCommands && store.faults > 0 ? 1 : 0
    await eventually(() => expect(errors.length).toBeGreaterThanOrEqual(told))
    store.heals()
    // What is only in memory is written by itself.
    await eventually(() => expect(memory.ids).toEqual(['c', 'd']))
    expect(errors.length).toBeLessThanOrEqual(1)
    for (const error of errors) expect(error.code).toBe('STORE_FAILED')

    client.close()
    network.mend()
    using next = watched(network.url, memory)
    const again = await next.client.join(id)
    await again.flush()
    expect(names(again)).toEqual(['a', 'b', 'c', 'd'])
    await eventually(() => expect(memory.ids).toEqual([]))
    expect(again.seq).toBe(4)
  })
})

test('a store that was lost is told once, and has everything again', async () => {
  const memory = new MemoryStore()
  let lose: ((cause: unknown) => void) | undefined
  const store = Object.assign(memory, { watch: (onLost: typeof lose) => (lose = onLost) })
  const network = await Network.to(server.url)
  onTestFinished(() => network[Symbol.asyncDispose]())
  const { client, errors } = watched(network.url, store as CommandStore)
  onTestFinished(() => client.close())
  const session = await client.join('lost')
  await create(session, 'a')
  await eventually(() => expect(memory.texts).toContain('"a"'))
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  void create(session, 'b')
  await eventually(() => expect(memory.ids).toEqual(['b']))
  const [scope = ''] = (await memory.records.list()).map((kept) => kept.scope)
  await memory.remove(scope, 'b')
  await memory.records.replace(scope, [])
  lose?.(new Error('somebody cleaned up'))
  await eventually(() => expect(memory.ids).toEqual(['b']))
  await eventually(() => expect(memory.texts).toContain('"a"'))
  expect(errors).toMatchObject([
    { code: 'STORE_FAILED', cause: { message: 'somebody cleaned up' } },
  ])
  expect(errors[0]?.message).toContain('somebody cleaned up')
})

test('a command is stored at once in an outage too, if the store takes it by then', async () => {
  const memory = new MemoryStore()
  const store = new FaultyStore(memory)
  await using network = await Network.to(server.url)
  using page = watched(network.url, store)
  const session = await page.client.join('killed')
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  store.breaks('add', 'rejects')
  void create(session, 'a')
  // The next attempt to write everything is far by now.
  await eventually(() => expect(store.faults).toBe(5))
  store.heals()
  void create(session, 'b')
  // Nothing of this page runs any more.
  page.client.close()
  await eventually(() => expect(memory.ids).toEqual(['b']))
})

test('what is lost again while everything is written again is written once more', async () => {
  const memory = new MemoryStore()
  let lose: ((cause: unknown) => void) | undefined
  let isClearing = false
  const store: CommandStore = {
    records: memory.records,
    watch: (onLost) => (lose = onLost),
    adopt: (scope) => memory.adopt(scope),
    add: async (scope, command) => {
      await memory.add(scope, command)
      if (!isClearing) return
      isClearing = false
      await memory.remove(scope, command.command_id)
      lose?.(new Error('cleared again'))
    },
    remove: (scope, id) => memory.remove(scope, id),
    close: () => {},
  }
  await using network = await Network.to(server.url)
  using page = watched(network.url, store)
  const session = await page.client.join('lost-twice')
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  void create(session, 'a')
  await eventually(() => expect(memory.ids).toEqual(['a']))
  isClearing = true
  lose?.(new Error('cleared'))
  await eventually(() => expect(isClearing).toBe(false))
  await eventually(() => expect(memory.ids).toEqual(['a']))
})

test.each([
  ['nothing', undefined],
  ['a text', 'commands'],
  ['commands that are none', [null, 1, { command_id: 'x' }, { order: 'undo_command' }]],
])('a store that gives %s for commands is no obstacle', async (_, given) => {
  const memory = new MemoryStore()
  const store = Object.assign(memory, { adopt: async () => given as never })
  const { client } = watched(server.url, store)
  onTestFinished(() => client.close())
  const session = await client.join(`gives-${typeof given}`)
  await create(session, `a-${typeof given}`)
  expect(session.pending).toBe(0)
})

test('what is stored of a graph and cannot be read is passed over and written anew', async () => {
  const memory = new MemoryStore()
  const first = watched(server.url, memory)
  const session = await first.client.join('unreadable')
  await create(session, 'a')
  await eventually(() => expect(memory.texts).toContain('"a"'))
  first.client.close()
  const [scope = ''] = (await memory.records.list()).map((kept) => kept.scope)
  await memory.records.replace(scope, ['{"version":1', 'nonsense'])
  const { client, errors } = watched(server.url, memory)
  onTestFinished(() => client.close())
  expect(names(await client.join('unreadable'))).toEqual(['a'])
  await eventually(() => expect(memory.texts).toContain('"epoch"'))
  expect(errors).toEqual([])
})
