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

test('[VER1] a server of another version is refused, and says so', async () => {
  await using server = await FakeServer.start(() => {})
  const client = connect(server.url)
  const error = await rejection(client.join('s'))
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    message: 'The server speaks protocol 1.3, this client 2.0. Install a matching client.',
    retryable: false,
  })
  client.close()
})
