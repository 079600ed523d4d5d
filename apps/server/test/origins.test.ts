import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { quickApp, type TestApp } from './harness.js'
import { SECRET, bearer } from './tokens.js'

const OURS = 'https://ours.example'
const FOREIGN = 'https://foreign.example'

type Answer = { status: number; headers: Record<string, unknown>; body: string }

/** Asks with headers that `fetch` would not send. */
function ask(url: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    asked.on('error', reject).end()
  })
}

/** What a WebSocket handshake is answered. */
function handshake(url: string, headers: Record<string, string>): Promise<Answer> {
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
    {
      headers,
    },
  )
  return new Promise((resolve, reject) => {
    socket.on('upgrade', ({ statusCode, headers: sent }) => {
      socket.on('open', () => socket.close())
      resolve({ status: statusCode ?? 0, headers: sent, body: '' })
    })
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    socket.on('error', reject)
  })
}

const POLLING = '/socket.io/?EIO=4&transport=polling'

/** Every way in, asked with the same headers. */
const WAYS: [
  name: string,
  ask: (app: TestApp, headers: Record<string, string>) => Promise<Answer>,
][] = [
  ['REST', (app, headers) => ask(`${app.url}/api/v1/ready`, headers)],
  ['polling', (app, headers) => ask(app.url + POLLING, headers)],
  ['WebSocket', (app, headers) => handshake(app.url, headers)],
]

const PASSED = [101, 200]

function expectForbidden({ status, headers, body }: Answer) {
  expect(status).toBe(403)
  expect(headers['content-type']).toContain('application/json')
  expect(JSON.parse(body)).toMatchObject({
    success: false,
    error: { code: 'FORBIDDEN', retryable: false, details: [{ hint: expect.any(String) }] },
  })
}

describe.each(WAYS)('by %s', (_way, by) => {
  test.each([
    ['this machine only, by default', [], 'http://localhost:3000', FOREIGN],
    ['its addresses too', [], 'http://127.0.0.1:8080', 'http://127.0.0.1.example'],
    ['this machine and those that are listed', ['--cors-origins', `local,${OURS}`], OURS, FOREIGN],
    ['this machine, beside others', ['--cors-origins', `local,${OURS}`], 'http://[::1]:1', FOREIGN],
    ['those that are listed', ['--cors-origins', `${OURS}, null`], OURS, FOREIGN],
    ['null where it is listed', ['--cors-origins', `${OURS}, null`], 'null', 'file://'],
    ['null nowhere else', ['--cors-origins', OURS], OURS, 'null'],
    ['no other port or scheme', ['--cors-origins', OURS], OURS, 'http://ours.example'],
    ['and no part of a name', ['--cors-origins', OURS], OURS, 'https://ours.example.evil.test'],
  ])('[DOOR1] pages of %s', async (_title, args, welcome, refused) => {
    await using app = await quickApp({ args })
    expect(PASSED).toContain((await by(app, { origin: welcome })).status)
    expectForbidden(await by(app, { origin: refused }))
    expect(PASSED).toContain((await by(app, {})).status)
  })

  test('[DOOR1] pages of everybody with *, and where everybody has to prove who they are', async () => {
    for (const args of [
      ['--cors-origins', '*'],
      ['--jwt-secret', SECRET],
    ]) {
      await using app = await quickApp({ args })
      expect(PASSED).toContain((await by(app, { origin: FOREIGN })).status)
      expect(PASSED).toContain((await by(app, { origin: 'null' })).status)
    }
  })

  test('[DOOR1] pages that the server itself has served', async () => {
    await using app = await quickApp({ args: ['--cors-origins', OURS] })
    expect(PASSED).toContain((await by(app, { origin: app.url })).status)
    expectForbidden(await by(app, { origin: 'http://127.0.0.1:1' }))
  })

  test('[DOOR1] and no page under a name that anybody may bend here', async () => {
    const args = ['--host', '0.0.0.0', '--insecure', '--cors-origins', OURS]
    await using app = await quickApp({ args })
    const { port } = new URL(app.url)
    const from = (host: string) => by(app, { host, origin: `http://${host}` })
    expectForbidden(await from(`evil.example:${port}`))
    expect(PASSED).toContain((await from(`127.0.0.1:${port}`)).status)
  })

  test('[DOOR2] a name that was bent to this machine is not answered', async () => {
    await using app = await quickApp()
    const { port } = new URL(app.url)
    for (const name of ['localhost', '127.0.0.1', '[::1]', 'app.localhost', 'LOCALHOST']) {
      expect(PASSED).toContain((await by(app, { host: `${name}:${port}` })).status)
    }
    for (const name of ['evil.example', '0.0.0.0', 'localhost.evil.example', '127.0.0.1.nip.io']) {
      const host = `${name}:${port}`
      expectForbidden(await by(app, { host }))
      expectForbidden(await by(app, { host, origin: `http://${host}` }))
    }
  })

  test('[DOOR2] --allowed-hosts names more', async () => {
    await using app = await quickApp({ args: ['--allowed-hosts', 'talus.example'] })
    expect(PASSED).toContain((await by(app, { host: 'Talus.example' })).status)
    expect(PASSED).toContain((await by(app, { host: 'localhost' })).status)
    expectForbidden(await by(app, { host: 'other.example' }))
    await using authenticated = await quickApp({ args: ['--jwt-secret', SECRET] })
    expect(PASSED).toContain((await by(authenticated, { host: 'other.example' })).status)
  })

  test('[DOOR3] no cookie is set, and none is looked at', async () => {
    await using app = await quickApp({ args: ['--jwt-secret', SECRET] })
    const { authorization } = await bearer('ann')
    const cookie = `token=${authorization.slice(7)}; authorization=${authorization}; io=1`
    const answer = await by(app, { cookie })
    expect(PASSED).toContain(answer.status)
    expect(answer.headers).not.toHaveProperty('set-cookie')
    const asked = await ask(`${app.url}/api/v1/sessions`, { cookie })
    expect(asked.status).toBe(401)
    expect(asked.headers).not.toHaveProperty('set-cookie')
    const options = { extraHeaders: { cookie }, transports: ['polling'] }
    await expect(app.client(options)).rejects.toThrow('Authentication is required')
  })

  test('[DOOR3] answers tell browsers what not to do with them', async () => {
    await using app = await quickApp()
    const { headers } = await by(app, {})
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    })
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('strict-transport-security')
  })
})

test('that there is a server, any page may learn, and nothing else', async () => {
  await using app = await quickApp()
  const policies = ['health', 'ready', 'sessions'].map(async (path) => {
    const { headers } = await ask(`${app.url}/api/v1/${path}`, {})
    return headers['cross-origin-resource-policy']
  })
  expect(await Promise.all(policies)).toEqual(['cross-origin', 'same-origin', 'same-origin'])
})

test('[DOOR1] a page of another origin changes nothing, also without a preflight', async () => {
  await using app = await quickApp()
  const posted = await ask(`${app.url}/api/v1/sessions`, { origin: FOREIGN }, 'POST')
  expectForbidden(posted)
  const { body } = await app.api('GET', '/sessions')
  expect(body).toMatchObject({ sessions: [] })
})

test.each(['/api/v1/health', POLLING])(
  '[DOOR1] pages of %s may send cookies along where their origin is named, nowhere else',
  async (path) => {
    const allowed = async (args: string[], origin: string) => {
      await using app = await quickApp({ args })
      const { headers } = await ask(app.url + path, { origin })
      return headers['access-control-allow-credentials']
    }
    expect(await allowed(['--cors-origins', OURS], OURS)).toBe('true')
    expect(await allowed([], 'http://localhost:3000')).toBe('true')
    expect(await allowed(['--cors-origins', '*'], OURS)).toBeUndefined()
    expect(await allowed(['--jwt-secret', SECRET], OURS)).toBeUndefined()
  },
)

test.each(['/api/v1/sessions', POLLING])(
  '[DOOR1] a preflight of %s says what may be sent and read, to welcome pages only',
  async (path) => {
    await using app = await quickApp({ args: ['--cors-origins', OURS] })
    const preflight = (origin: string) =>
      ask(app.url + path, { origin, 'access-control-request-method': 'POST' }, 'OPTIONS')
    const { status, headers } = await preflight(OURS)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': OURS,
      'access-control-allow-headers': expect.stringMatching(/authorization.*x-share-token/),
      vary: expect.stringContaining('Origin'),
    })
    expect(headers).toHaveProperty('access-control-allow-credentials', 'true')
    expect(headers).not.toHaveProperty('access-control-allow-private-network')
    const refused = await preflight(FOREIGN)
    expect(refused.headers['access-control-allow-origin']).not.toBe(FOREIGN)
    const read = await ask(app.url + path, { origin: OURS })
    const exposed = String(read.headers['access-control-expose-headers'])
    for (const name of ['etag', 'retry-after', 'x-talus-protocol-version']) {
      expect(exposed).toContain(name)
    }
  },
)

test('[DOOR3] what answers say is not kept, but for what names its version', async () => {
  await using app = await quickApp()
  const { body } = await app.api('POST', '/sessions', {})
  const id = String(body.session_id)
  const cacheOf = async (path: string) => (await app.api('GET', path)).headers.get('cache-control')
  expect(await cacheOf(`/sessions/${id}`)).toBe('no-store')
  expect(await cacheOf('/nowhere')).toBe('no-store')
  expect(await cacheOf(`/graph?session_id=${id}`)).toBe('private, no-cache')
  expect((await ask(app.url + POLLING, {})).headers['cache-control']).toBe('no-store')
})
