import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { connect, type Other, type Session } from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { FakeServer } from './fake-server.js'
import { TestServer } from './server.js'

const QUICK = { reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(() => server[Symbol.asyncDispose]())

async function join(actor: string, id: string, url = server.url): Promise<Session> {
  const client = connect(url, { ...QUICK, actor })
  onTestFinished(() => client.close())
  return client.join(id)
}

const states = (others: readonly Other[]) =>
  Object.fromEntries(others.map(({ actor, state }) => [actor.id, state]))

test('[PRES1] others see what a client says of itself, and do not see themselves', async () => {
  const ada = await join('ada', 'room')
  ada.presence.update({ focus: null, cursor: { x: 1 } })
  ada.presence.update({ tool: 'pen' })
  expect(ada.presence.mine).toEqual({ focus: null, cursor: { x: 1 }, tool: 'pen' })
  const bob = await join('bob', 'room')
  bob.presence.update({ cursor: { x: 5 } })
  await eventually(() => expect(states(ada.others)).toEqual({ bob: { cursor: { x: 5 } } }))
  await eventually(() =>
    expect(states(bob.others)).toEqual({ ada: { focus: null, cursor: { x: 1 }, tool: 'pen' } }),
  )
  expect(bob.others[0]?.client_id).toBe(ada.joined.client_id)
  const { others } = bob
  expect(bob.others).toBe(others)
  ada.presence.clear()
  await eventually(() => expect(bob.others).toEqual([]))
  expect(ada.presence.mine).toBeNull()
})

test('[PRES3] what cannot be said is told and left unsaid, and costs no connection', async () => {
  const ada = await join('ada', 'unsaid')
  const bob = await join('bob', 'unsaid')
  const heard: unknown[] = []
  ada.on('status', (status) => heard.push(status))
  ada.on('rejected', ({ code, message }) => heard.push(`${code} ${message}`))
  ada.presence.update({ tool: 'pen' })
  ada.presence.update({ drawing: 'x'.repeat(2_000_000) })
  ada.presence.update({ count: 10n as never })
  expect(heard).toEqual([
    'LIMIT_EXCEEDED A presence may take 16384 bytes as JSON; this takes 2000027',
    'BAD_REQUEST The payload is not valid: expected /state/count to be a JSON value',
  ])
  expect(ada.presence.mine).toEqual({ tool: 'pen' })
  // The most that the server takes is not refused here.
  ada.presence.update({ drawing: 'x'.repeat(16_384 - '{"tool":"pen","drawing":""}'.length) })
  await eventually(() => expect(states(bob.others)['ada']?.['drawing']).toHaveLength(16_357))
  expect(heard).toHaveLength(2)
})

test('[PRES2] a node that is deleted leaves what others have selected', async () => {
  const ada = await join('ada', 'deleted')
  const bob = await join('bob', 'deleted')
  await ada.execute('CreateNode', { blueprint_type_id: 'task', node_id: 'n' })
  ada.presence.update({ selection: ['n'] })
  await eventually(() => expect(states(bob.others)).toEqual({ ada: { selection: ['n'] } }))
  await bob.execute('DeleteNode', { node_id: 'n' })
  await eventually(() => expect(states(bob.others)).toEqual({ ada: { selection: [] } }))
})

test('presence is told when it changes, and comes back with the connection', async () => {
  await using network = await Network.to(server.url)
  const ada = await join('ada', 'back', network.url)
  const bob = await join('bob', 'back')
  const told: unknown[] = []
  const stop = bob.presence.subscribe((others) => told.push(states(others)))
  ada.presence.update({ n: 1 })
  await eventually(() => expect(told).toEqual([{ ada: { n: 1 } }]))
  bob.presence.update({ here: true })
  await eventually(() => expect(states(ada.others)).toEqual({ bob: { here: true } }))
  network.cut()
  await eventually(() => expect(ada.others).toEqual([]))
  ada.presence.update({ n: 2 })
  network.mend()
  await eventually(() => expect(states(ada.others)).toEqual({ bob: { here: true } }))
  await eventually(() => expect(states(bob.others)).toEqual({ ada: { n: 2 } }))
  stop()
  const { length } = told
  ada.presence.clear()
  await eventually(() => expect(bob.others).toEqual([]))
  expect(told).toHaveLength(length)
})

test('[PRES1] of many updates the latest arrives, and few are sent', async () => {
  const sent: unknown[] = []
  await using fake = await FakeServer.start((socket) => {
    socket.on('update_presence', ({ state }, ack) => {
      sent.push(state?.['n'])
      ack?.({ ok: true })
    })
  })
  const session = await join('ada', 's', fake.url)
  for (let n = 1; n <= 1_000; n += 1) session.presence.update({ n })
  await eventually(() => expect(sent.at(-1)).toBe(1_000))
  expect(sent).toEqual([1, 1_000])
})

test('[PRES3] a presence that the server does not take is told', async () => {
  const session = await join('ada', 'too-large')
  const told: unknown[] = []
  session.on('rejected', (error) => told.push(error))
  session.presence.update({ text: 'x'.repeat(20_000) })
  await eventually(() => expect(told).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]))
})
