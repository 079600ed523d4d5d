import { expect, test, vi } from 'vitest'
import { connect, type Status } from '../src/index.js'
import { FakeServer } from './fake-server.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

vi.mock(import('@talus/protocol'), async (original) => ({
  ...(await original()),
  PROTOCOL_VERSION: '2.0' as never,
}))

test('[VER1] a version that the server does not speak is refused with its message', async () => {
  await using server = await TestServer.start()
  const client = connect(server.url)
  const statuses: Status[] = []
  client.on('status', (status) => statuses.push(status))
  const error = await rejection(client.join('s'))
  expect(error.message).toMatch(/^This server speaks protocol 1\.\d/)
  expect(error).toMatchObject({ code: 'BAD_REQUEST', retryable: false })
  expect(statuses).toEqual([{ refused: error }])
  expect(await rejection(client.join('another'))).toBe(error)
  client.close()
  expect(client.status).toBe('closed')
})

test('a handshake that is refused for now is tried again', async () => {
  let refusals = 2
  await using server = await FakeServer.start(() => {})
  server.io.use((_socket, next) => {
    refusals -= 1
    const data = { code: 'OVERLOADED', message: 'Later', retryable: true }
    next(refusals >= 0 ? Object.assign(new Error('Later'), { data }) : undefined)
  })
  const client = connect(server.url, { reconnect: { minDelayMs: 20, maxDelayMs: 50 } })
  await client.join('s')
  expect(refusals).toBeLessThan(0)
  client.close()
})
