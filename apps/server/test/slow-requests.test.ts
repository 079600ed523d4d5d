import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { quickApp, type TestApp } from './harness.js'

// The server's own timers go off when they are told to; those of Node are its own.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const SECONDS = 1_000

/** A client of the bare bytes, and the server's end of its line. */
async function lineTo({ url, rest }: TestApp) {
  const { port, hostname } = new URL(url)
  const accepted = once(rest.server, 'connection') as Promise<[Socket]>
  const socket = connect(Number(port), hostname)
  const [end] = await accepted
  let answer = ''
  socket.setEncoding('utf8').on('data', (data: string) => {
    answer += data
  })
  const closed = once(socket, 'close')
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  let sent = 0
  return {
    /** Resolves when the server has taken it in. */
    async send(text: string) {
      socket.write(text)
      sent += Buffer.byteLength(text)
      while (end.bytesRead < sent) await turn()
      for (let i = 0; i < 10; i += 1) await turn()
    },
    async answered() {
      while (!answer.includes('\r\n\r\n')) await turn()
      return answer
    },
    async closed() {
      await closed
      return answer
    },
    end: () => socket.destroy(),
  }
}

function head(path: string, length: number, host = 'localhost'): string {
  const lines = [`Host: ${host}`, 'Content-Type: application/json', `Content-Length: ${length}`]
  return [`POST ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

const FILE = JSON.stringify({ graph: { nodes: [{ id: 'a', type: 'x' }] } })

test.each([
  ['/api/v1/sessions', '{"session_id":"slow"}'],
  ['/api/v1/projects/import', FILE],
])('[LIM21] a body for %s may take as long as it keeps coming', async (path, body) => {
  await using app = await quickApp()
  const line = await lineTo(app)
  await line.send(head(path, body.length))
  for (const character of body.slice(0, -1)) {
    await line.send(character)
    await vi.advanceTimersByTimeAsync(14 * SECONDS)
  }
  // What a whole body leads to has limits of its own.
  vi.useRealTimers()
  await line.send(body.slice(-1))
  expect(await line.answered()).toMatch(/^HTTP\/1\.1 201 /)
  line.end()
})

test.each(['/api/v1/sessions', '/api/v1/projects/import'])(
  '[LIM21] a body for %s that stands still is refused, and its connection ends',
  async (path) => {
    await using app = await quickApp()
    const line = await lineTo(app)
    await line.send(head(path, FILE.length))
    await line.send(FILE.slice(0, 10))
    await vi.advanceTimersByTimeAsync(15 * SECONDS)
    const answer = await line.answered()
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/"code":"BAD_REQUEST","message":"The request came too slowly"/)
    await vi.advanceTimersByTimeAsync(15 * SECONDS)
    expect(await line.closed()).toBe(answer)
  },
)

test('[LIM21] a body that nobody wants ends soon after the answer', async () => {
  await using app = await quickApp()
  const line = await lineTo(app)
  await line.send(head('/api/v1/sessions', 1_000, 'other.example'))
  expect(await line.answered()).toMatch(/^HTTP\/1\.1 403 /)
  await line.send('x')
  await vi.advanceTimersByTimeAsync(15 * SECONDS)
  await line.closed()
})

test('[LIM21] where there is nothing, no body is read', async () => {
  await using app = await quickApp()
  const line = await lineTo(app)
  await line.send(head('/api/v1/nothing', 1_000))
  expect(await line.answered()).toMatch(/^HTTP\/1\.1 404 .*"NOT_FOUND"/s)
  await vi.advanceTimersByTimeAsync(15 * SECONDS)
  await line.closed()
})

test('headers that come one by one are refused in our words', async () => {
  await using app = await quickApp()
  // What is asked here is that the limit on headers holds without one on the whole request.
  app.rest.server.headersTimeout = 1
  const line = await lineTo(app)
  await line.send('GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n')
  const answer = await line.closed()
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toMatch(/The request came too slowly/)
})
