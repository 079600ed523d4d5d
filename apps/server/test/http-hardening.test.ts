import { connect } from 'node:net'
import { fail } from '@talus/protocol'
import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'

/** Sends bytes as they are and gives all that comes back until the server closes. */
function send({ url }: { url: string }, text: string): Promise<string> {
  const { port, hostname } = new URL(url)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.setEncoding('utf8').on('data', (data: string) => {
      answer += data
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

function request(line: string, headers: string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', body].join(
    '\r\n',
  )
}

/** The status and the error of an answer, which has our envelope. */
function told(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
  const text = /transfer-encoding: chunked/i.test(head) ? body.split('\r\n')[1] : body
  const { success, error } = JSON.parse(text ?? '') as { success: unknown; error: { code: string } }
  expect(success).toBe(false)
  return { status, code: error.code }
}

const JSON_TYPE = 'Content-Type: application/json'
const SESSIONS = '/api/v1/sessions'

async function alive(app: TestApp) {
  expect((await app.api('GET', '/health')).status).toBe(200)
}

test.each([
  ['what is no HTTP', 'hello\r\n\r\n', 400],
  [
    'two lengths',
    request(`POST ${SESSIONS}`, [JSON_TYPE, 'Content-Length: 2', 'Content-Length: 3'], '{}'),
    400,
  ],
  [
    'a length and chunks: two servers would see two requests',
    request(
      `POST ${SESSIONS}`,
      [JSON_TYPE, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    ),
    400,
  ],
  [
    'chunks under a name that others may not know',
    request(`POST ${SESSIONS}`, [JSON_TYPE, 'Transfer-Encoding: chunked, identity'], '2\r\n{}\r\n'),
    400,
  ],
  ['a header on two lines', request('GET /', ['X-A: 1\r\n folded']), 400],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: localhost\n\n', 400],
  ['headers of 20 KB', request('GET /', [`X-Long: ${'x'.repeat(20_000)}`]), 413],
  ['a path that is no URL', request('GET /api/v1/sessions/%zz'), 400],
  ['a method that nobody has', request('BREW /coffee'), 400],
])('%s is refused in our words', async (_title, text, status) => {
  await using app = await quickApp()
  const answer = told(await send(app, text))
  const code = status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST'
  expect(answer).toEqual({ status, code })
  await alive(app)
})

test('HTTP/1.1 without a host is refused', async () => {
  await using app = await quickApp()
  expect(await send(app, 'GET /api/v1/health HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
})

test.each(['TRACE', 'PATCH', 'PROPFIND', 'DELETE'])(
  '%s of what has no such method is NOT_FOUND, and echoes nothing',
  async (method) => {
    await using app = await quickApp()
    const answer = await send(app, request(`${method} ${SESSIONS}`, ['X-Secret: hidden']))
    expect(told(answer)).toEqual({ status: 404, code: 'NOT_FOUND' })
    expect(answer).not.toContain('hidden')
  },
)

test('no header changes the method', async () => {
  await using app = await quickApp()
  const { body } = await app.api('POST', '/sessions', { session_id: 's' })
  expect(body.session_id).toBe('s')
  await app.api('GET', '/sessions/s', undefined, { 'x-http-method-override': 'DELETE' })
  expect((await app.api('GET', '/sessions/s')).status).toBe(200)
})

test('HEAD answers with the headers of GET and no body', async () => {
  await using app = await quickApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  const got = await fetch(`${app.url}/api/v1/graph?session_id=s`)
  const head = await fetch(`${app.url}/api/v1/graph?session_id=s`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect(head.headers.get('etag')).toBe(got.headers.get('etag'))
})

test('a body counts only when it says that it is JSON', async () => {
  await using app = await quickApp()
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/plain; x=application/json',
  ]) {
    const answer = await send(
      app,
      request(`POST ${SESSIONS}`, [`Content-Type: ${type}`, 'Content-Length: 2'], '{}'),
    )
    expect([type, told(answer)]).toEqual([type, { status: 400, code: 'BAD_REQUEST' }])
  }
  expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
})

test.each(['{"__proto__":{"x":1}}', '{"a":{"constructor":{"prototype":{"x":1}}}}'])(
  'the body %s reaches no prototype',
  async (text) => {
    await using app = await quickApp()
    const length = `Content-Length: ${text.length}`
    const answer = await send(app, request(`POST ${SESSIONS}`, [JSON_TYPE, length], text))
    expect(told(answer)).toEqual({ status: 400, code: 'BAD_REQUEST' })
    expect(({} as { x?: unknown }).x).toBeUndefined()
  },
)

test('an upgrade to anything but a WebSocket of ours comes to nothing', async () => {
  await using app = await quickApp()
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  expect(await send(app, request('GET /api/v1/health', upgrade))).toBe('')
  expect(await send(app, request('CONNECT localhost:22'))).toBe('')
  await alive(app)
})

test('version 3 of Engine.IO is not spoken', async () => {
  await using app = await quickApp()
  const answer = await fetch(`${app.url}/socket.io/?EIO=3&transport=polling`)
  expect(answer.status).toBe(400)
  expect((await fetch(`${app.url}/socket.io/socket.io.js`)).status).toBe(400)
})

test('the limits on time are those that the server enforces', async () => {
  await using app = await quickApp()
  const { requestTimeout, headersTimeout, keepAliveTimeout, timeout } = app.rest.server
  expect({ requestTimeout, headersTimeout, keepAliveTimeout, timeout }).toEqual({
    requestTimeout: 0,
    headersTimeout: 20_000,
    keepAliveTimeout: 72_000,
    timeout: 120_000,
  })
})

const TWICE = [
  ['Host', 'localhost', 'other.example'],
  ['Host', 'localhost', 'localhost'],
  ['Origin', 'http://localhost', 'https://other.example'],
  ['Authorization', 'Bearer one', 'Bearer two'],
  ['X-Share-Token', 'one', 'two'],
  ['X-Session-ID', 'one', 'two'],
  ['X-Actor-ID', 'one', 'two'],
  ['X-Actor-Name', 'one', 'two'],
  ['Content-Type', 'application/json', 'text/plain'],
  ['Content-Length', '0', '0'],
] as const

test.each(TWICE)('two headers %s are refused: %s, %s', async (name, one, two) => {
  await using app = await quickApp()
  const host = name === 'Host' ? [] : ['Host: localhost']
  const headers = [...host, `${name}: ${one}`, `${name.toLowerCase()}: ${two}`]
  const poll = '/socket.io/?EIO=4&transport=polling'
  for (const path of [SESSIONS, '/api/v1/health', '/nothing', '/metrics', poll]) {
    const text = [`GET ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n')
    expect(told(await send(app, text))).toEqual({ status: 400, code: 'BAD_REQUEST' })
  }
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const path = '/socket.io/?EIO=4&transport=websocket'
  const text = [`GET ${path} HTTP/1.1`, ...headers, ...upgrade, key, '', ''].join('\r\n')
  expect(told(await send(app, text))).toEqual({ status: 400, code: 'BAD_REQUEST' })
  await alive(app)
})

test('several lines of X-Forwarded-For are one list', async () => {
  const seen: string[] = []
  await using app = await quickApp({
    args: ['--trust-proxy', 'loopback'],
    authenticate: async ({ address }) => {
      seen.push(address)
      return fail('UNAUTHORIZED', 'Nobody comes in')
    },
  })
  const lines = ['Authorization: Bearer x', 'X-Forwarded-For: 198.51.100.1']
  await send(app, request(`GET ${SESSIONS}`, [...lines, 'X-Forwarded-For: 203.0.113.7']))
  expect(seen).toEqual(['203.0.113.7'])
})
