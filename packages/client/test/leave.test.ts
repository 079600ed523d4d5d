import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connect, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { MemoryStore } from './faulty-store.js'
import { Network } from './network.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server[Symbol.asyncDispose]())

const QUICK = { ackTimeoutMs: 2_000, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name }, { commandId: name })

/** A client that has joined a session and lost its connection, with one command that waits. */
async function offline(id: string, network: Network, store: MemoryStore | null = null) {
  const client = connect(network.url, { ...QUICK, actor: 'ada', store })
  const session = await client.join(id)
  network.cut()
  await eventually(() => expect(client.status).toBe('offline'))
  return { client, session, waiting: create(session, 'waiting') }
}

async function namesIn(id: string): Promise<string[]> {
  const client = connect(server.url, { actor: 'witness', store: null })
  try {
    return (await client.rest.getGraph({ session_id: id })).nodes.map(({ name }) => name)
  } finally {
    client.close()
  }
}

test('offline, leaving ends at once; the commands are sent later, and the server is told', async () => {
  await using network = await Network.to(server.url)
  const { client, session, waiting } = await offline('leave-offline', network)
  const heard = vi.fn<() => void>()
  session.on('pending', heard)
  session.graph.subscribe(heard)
  const statuses: unknown[] = []
  session.on('status', (status) => statuses.push(status))
  await session.leave()
  expect([session.status, statuses, session.pending]).toEqual(['closed', ['closed'], 1])
  expect((await rejection(create(session, 'late'))).code).toBe('LEFT')
  const witness = connect(server.url, { actor: 'witness', store: null })
  const watched = await witness.join('leave-offline')
  network.mend()
  expect((await waiting).ok).toBe(true)
  await eventually(() => expect(watched.participants).toHaveLength(1))
  expect(watched.graph.size).toBe(1)
  expect(heard).not.toHaveBeenCalled()
  client.close()
  witness.close()
})

test('a join takes the leaving back, as long as commands are not answered', async () => {
  await using network = await Network.to(server.url)
  const { client, session, waiting } = await offline('leave-back', network)
  await session.leave()
  expect(await client.join('leave-back')).toBe(session)
  expect(session.status).toBe('offline')
  const more = create(session, 'more')
  network.mend()
  await Promise.all([waiting, more])
  await eventually(() => expect(session.status).toBe('live'))
  // What was taken back ends nothing, also after everything is answered.
  await create(session, 'most')
  expect(session.graph.size).toBe(3)
  await session.leave()
  expect((await rejection(create(session, 'late'))).code).toBe('LEFT')
  const next = await client.join('leave-back')
  expect(next).not.toBe(session)
  expect(next.graph.size).toBe(3)
  client.close()
})

test('a connection that is lost while a session is left ends the wait for that', async () => {
  await using network = await Network.to(server.url)
  const client = connect(network.url, { ...QUICK, actor: 'ada', store: null })
  const session = await client.join('leave-lost')
  network.stall()
  const waiting = create(session, 'waiting')
  const leaving = session.leave()
  network.cut()
  await leaving
  expect(session.pending).toBe(1)
  network.mend()
  await waiting
  expect(await namesIn('leave-lost')).toEqual(['waiting'])
  client.close()
})

test('what is not answered when the client is closed, the next one with the store sends', async () => {
  await using network = await Network.to(server.url)
  const store = new MemoryStore()
  const { client, session, waiting } = await offline('leave-closed', network, store)
  await session.leave()
  client.close()
  expect((await rejection(waiting)).code).toBe('CLOSED')
  expect(store.ids).toEqual(['waiting'])
  network.mend()
  const next = connect(network.url, { ...QUICK, actor: 'ada', store })
  await (await next.join('leave-closed')).flush()
  expect(await namesIn('leave-closed')).toEqual(['waiting'])
  expect(store.ids).toEqual([])
  next.close()
})

test('what is refused after its session was left, the next join tells', async () => {
  await using network = await Network.to(server.url)
  const store = new MemoryStore()
  const { client, session } = await offline('leave-refused', network, store)
  const refused = rejection(session.execute('DeleteNode', { node_id: 'nowhere' }))
  await session.leave()
  network.mend()
  expect((await refused).code).toBe('NODE_NOT_FOUND')
  await eventually(() => expect(session.pending).toBe(0))
  const told = new Promise((resolve) => {
    void client.join('leave-refused').then((next) => next.on('rejected', resolve))
  })
  expect(await told).toMatchObject({ code: 'NODE_NOT_FOUND' })
  client.close()
})
