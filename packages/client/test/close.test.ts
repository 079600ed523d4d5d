import { afterEach, expect, test, vi } from 'vitest'
import { Socket } from 'socket.io-client'
import { connect } from '../src/index.js'
import { eventually } from './eventually.js'
import { FakeServer } from './fake-server.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

afterEach(() => vi.restoreAllMocks())

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('close rejects what is open and whatever comes later, and says so', async () => {
  await using server = await FakeServer.start(() => {})
  const client = connect(server.url)
  const session = await client.join('s')
  const statuses: unknown[] = []
  client.on('status', (status) => statuses.push(status))
  const open = [
    session.execute('CreateNode', { blueprint_type_id: 'task' }),
    session.undo(),
    session.preview('DeleteNode', { node_id: 'n' }),
    client.rest.getGraph({ session_id: 's' }),
  ].map(rejection)
  client.close()
  client.close()
  const errors = await Promise.all(open)
  const later = await Promise.all([
    rejection(session.redo()),
    rejection(client.join('s')),
    rejection(client.rest.getGraph({ session_id: 's' })),
  ])
  for (const error of [...errors, ...later]) {
    expect(error).toMatchObject({ code: 'CLOSED', message: 'The client was closed' })
  }
  expect(statuses).toEqual(['closed'])
  await session.leave()
})

test('close rejects a join under way', async () => {
  const client = connect('http://127.0.0.1:9')
  const joining = rejection(client.join('s'))
  client.close()
  expect((await joining).code).toBe('CLOSED')
})

test('what nobody waits for does not end the process, and nothing keeps it running', async () => {
  const unhandled = vi.fn<(reason: unknown) => void>()
  process.on('unhandledRejection', unhandled)
  await using server = await FakeServer.start(() => {})
  const before = timers()
  const client = connect(server.url)
  const session = await client.join('s')
  void session.execute('CreateNode', { blueprint_type_id: 'task' })
  void session.batch([{ command_type: 'DeleteNode', data: { node_id: 'n' } }])
  void client.join('other')
  client.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
  await eventually(() => expect(timers()).toBeLessThanOrEqual(before))
})

test('a listener that throws is reported, and harms nobody else', async () => {
  const uncaught = vi.fn<(error: unknown) => void>()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', uncaught)
  await using server = await TestServer.start()
  const client = connect(server.url)
  const session = await client.join('s')
  const heard = vi.fn<() => void>()
  session.graph.subscribeChildren(null, () => {
    throw new Error('mine')
  })
  session.graph.subscribeChildren(null, heard)
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  await eventually(() => expect(heard).toHaveBeenCalledTimes(1))
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  process.off('uncaughtException', uncaught)
  for (const listener of others) process.on('uncaughtException', listener)
  expect(uncaught.mock.calls[0]?.[0]).toMatchObject({ message: 'mine' })
  client.close()
})

test('300 joins and leaves leave nothing behind', async () => {
  await using server = await TestServer.start()
  const client = connect(server.url)
  await (await client.join('warm')).leave()
  const before = timers()
  const added = (['on', 'once', 'onAny'] as const).map((name) => vi.spyOn(Socket.prototype, name))
  for (let round = 0; round < 300; round += 1) {
    const session = await client.join('door')
    session.on('entry', () => {})
    session.graph.subscribe(() => {})
    session.presence.update({ focus: null })
    expect(session.joined.active_clients).toBe(1)
    await session.leave()
  }
  for (const spy of added) expect(spy).not.toHaveBeenCalled()
  // The test runner and Engine.IO have a few of their own, which come and go.
  await eventually(() => expect(timers()).toBeLessThan(before + 10))
  client.close()
})
