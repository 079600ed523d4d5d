import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { quickApp } from './harness.js'

test('a request that arrives while the server closes is refused in the one envelope', async () => {
  await using app = await quickApp()
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  // A request that has begun keeps its connection open.
  socket.write('GET /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n')
  await app.api('GET', '/sessions')
  const closed = app.close()
  while (app.rest.server.listening) await new Promise((resolve) => setImmediate(resolve))
  socket.write('\r\n')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  await closed
  expect(answer).toContain(' 503 ')
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    success: false,
    error: { code: 'OVERLOADED', retryable: true },
  })
})
