import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import cors from '@fastify/cors'
import { createMemoryJournal, fail, ok, talus, type TalusOptions } from '@talus/server'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { RawClient } from './harness.js'

const apps: FastifyInstance[] = []
const clients: RawClient[] = []

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.disconnect()
  for (const app of apps.splice(0)) await app.close()
})

type Given = TalusOptions & { prepare?: (app: FastifyInstance) => unknown }

/** An application that has a life of its own. */
async function application({ prepare, ...options }: Given = {}): Promise<FastifyInstance> {
  const app = fastify()
  apps.push(app)
  app.get('/', async () => 'the page')
  app.post('/text', async ({ body }) => ({ body }))
  app.get('/api/v1/own', async () => ({ mine: true }))
  app.setNotFoundHandler(async (_request, reply) => reply.status(404).send('lost'))
  app.setErrorHandler(async (_error, _request, reply) => reply.status(418).send('teapot'))
  await prepare?.(app)
  await app.register(talus, {
    journal: createMemoryJournal(),
    ...options,
    settings: { insecure: true, logLevel: 'silent', ...options.settings },
  })
  return app
}

const listen = (app: FastifyInstance) => app.listen({ host: '127.0.0.1', port: 0 })

async function client(url: string, options: object = {}): Promise<RawClient> {
  const one = new RawClient(url, options)
  clients.push(one)
  return one.connected()
}

describe('in an application of somebody else', () => {
  test('the studio is at the path that the application gives it, and nothing else is', async () => {
    const app = await application({ studio: '/tools/studio' })
    expect((await app.inject('/')).body).toBe('the page')
    const bare = await app.inject('/tools/studio')
    expect([bare.statusCode, bare.headers['location']]).toEqual([301, 'studio/'])
    const { body, headers } = await app.inject('/tools/studio/')
    expect(body).toContain('<meta name="talus-server" content="../../" />')
    expect(headers['content-security-policy']).toContain("script-src 'self'")
    const [, script = ''] = /src="\.\/(studio\/assets\/[^"]+)"/.exec(body) ?? []
    const asset = await app.inject(`/tools/studio/${script}`)
    expect([asset.statusCode, asset.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
    expect((await app.inject('/studio/')).body).toBe('lost')
    await expect(application({ studio: 'studio' })).rejects.toThrow('expected a path')
  })

  test('is told when the journal is lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'talus-embed-'))
    const workers: Worker[] = []
    const watch = (worker: Worker) => workers.push(worker)
    process.on('worker', watch)
    const app = fastify()
    const lost = await new Promise<Error>((onLost, reject) => {
      const settings = { insecure: true, logLevel: 'silent', dataDir: folder } as const
      Promise.resolve(app.register(talus, { settings, onLost })).then(async () => {
        process.off('worker', watch)
        // A thread that is terminated within SQLite takes the process with it.
        await app.inject('/api/v1/sessions')
        for (const worker of workers) await worker.terminate()
      }, reject)
    })
    expect(lost.message).toContain('thread of the journal has died')
    expect((await app.inject('/api/v1/ready')).statusCode).toBe(503)
    await expect(app.close()).rejects.toThrow('thread of the journal has died')
    await rm(folder, { recursive: true })
  })

  test('the API is there, and the application stays as it was', async () => {
    const app = await application()
    const health = await app.inject('/api/v1/health')
    expect([health.statusCode, health.json()]).toMatchObject([200, { status: 'ok' }])
    expect((await app.inject('/')).body).toBe('the page')
    expect((await app.inject('/api/v1/own')).json()).toEqual({ mine: true })
    const text = { method: 'POST', url: '/text', payload: 'hello' } as const
    const headers = { 'content-type': 'text/plain' }
    expect((await app.inject({ ...text, headers })).json()).toEqual({ body: 'hello' })
    const page = await app.inject('/')
    expect(page.headers).not.toHaveProperty('content-security-policy')
    expect(health.headers).toHaveProperty('content-security-policy')
  })

  test('each refuses in its own words', async () => {
    const app = await application({
      prepare: (own) => own.get('/breaks', () => Promise.reject(new Error('mine'))),
    })
    expect((await app.inject('/nowhere')).body).toBe('lost')
    expect((await app.inject('/breaks')).statusCode).toBe(418)
    expect((await app.inject('/api/v1/nowhere')).json()).toMatchObject({
      error: { code: 'NOT_FOUND' },
    })
    const broken = { method: 'POST', url: '/api/v1/sessions', payload: '{' } as const
    const answer = await app.inject({ ...broken, headers: { 'content-type': 'application/json' } })
    expect(answer.json()).toMatchObject({ error: { code: 'BAD_REQUEST' } })
  })

  test.each(['websocket', 'polling'])(
    'for localhost, sockets are on the addresses of both families, by %s',
    async (transport) => {
      const app = await application()
      await app.listen({ host: 'localhost', port: 0 })
      const addresses = app.addresses() as AddressInfo[]
      for (const { address, family, port } of addresses) {
        const host = family === 'IPv6' ? `[${address}]` : address
        const ann = await client(`http://${host}:${port}`, { transports: [transport] })
        await ann.join('s')
        expect(await ann.ask('ping', undefined)).toBeDefined()
      }
      expect(addresses.length).toBeGreaterThan(0)
    },
  )

  test('a path that the router reads as that of sockets, and sockets do not, is not found', async () => {
    const app = await application()
    expect((await app.inject('/socket%2Eio/?EIO=4&transport=polling')).statusCode).toBe(404)
  })

  test('ids of any length that the contract allows are in paths, whatever its router takes', async () => {
    const app = await application()
    const url = await listen(app)
    const [session_id, node_id] = ['s'.repeat(128), 'n'.repeat(128)]
    const ann = await (await client(url)).join(session_id)
    await ann.execute(session_id, 'CreateNode', { blueprint_type_id: 't', node_id })
    const get = async (path: string) => {
      const answer = await fetch(`${url}/api/v1${path}`)
      return [answer.status, await answer.json()] as const
    }
    expect(await get(`/sessions/${session_id}`)).toMatchObject([200, { session_id }])
    const node = `/sessions/${session_id}/nodes/${node_id}`
    expect(await get(node)).toMatchObject([200, { node: { id: node_id } }])
    expect(await get(`${node}/history?limit=1`)).toMatchObject([200, { entries: [{ seq: 1 }] }])
    const gone = `/sessions/${'g'.repeat(128)}`
    expect(await get(gone)).toMatchObject([404, { error: { code: 'SESSION_NOT_FOUND' } }])
    const beyond = `/sessions/${'s'.repeat(400)}`
    expect(await get(beyond)).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }])
    expect(await get(`/${'x'.repeat(200)}`)).toMatchObject([404, { error: { code: 'NOT_FOUND' } }])
    expect(await get('/sessions/long-3')).toMatchObject([
      404,
      { error: { details: [{ actual: 'long-3' }] } },
    ])
  })

  test.each(['websocket', 'polling'])('sockets share its HTTP server, by %s', async (transport) => {
    const url = await listen(await application())
    const [ann, bob] = [await client(url, { transports: [transport] }), await client(url)]
    await ann.join('s')
    await bob.join('s')
    const done = await ann.execute('s', 'CreateNode', { blueprint_type_id: 'task', name: 'Cut' })
    expect(done).toMatchObject({ ok: true, seq: 1 })
    expect(await bob.next('node-created')).toMatchObject({ node: { name: 'Cut' } })
  })

  test('a body has as many bytes as Talus is told, elsewhere as the application says', async () => {
    const app = await application({ settings: { maxMessageBytes: 1_000 } })
    const payload = { session_id: 'x'.repeat(2_000) }
    const large = await app.inject({ method: 'POST', url: '/api/v1/sessions', payload })
    expect(large.json()).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } })
    expect((await app.inject({ method: 'POST', url: '/text', payload })).statusCode).toBe(200)
  })

  test('what the application has for itself is not registered twice', async () => {
    const app = await application({ prepare: (own) => own.register(cors, { origin: true }) })
    const origin = 'http://localhost:5173'
    const answer = await app.inject({ url: '/api/v1/health', headers: { origin } })
    expect(answer.headers['access-control-allow-origin']).toBe(origin)
  })

  test('hooks of the application run for its routes, those of a plugin beside it do not', async () => {
    const seen: string[] = []
    const app = await application({
      prepare: (own) => own.addHook('onRequest', async ({ url }) => void seen.push(url)),
    })
    await app.register(async (beside) => {
      beside.addHook('onRequest', async () => void seen.push('beside'))
    })
    await app.inject('/api/v1/health')
    expect(seen).toEqual(['/api/v1/health'])
  })

  test('[DOOR2] without authentication it answers to names of this machine only', async () => {
    const app = await application()
    const answer = await app.inject({ url: '/api/v1/health', headers: { host: 'evil.example' } })
    expect([answer.statusCode, answer.json()]).toMatchObject([
      403,
      { error: { code: 'FORBIDDEN' } },
    ])
  })
})

describe('who callers are', () => {
  const users = new Map([['key-of-ann', { id: 'ann', name: 'Ann' }]])
  const authenticate: TalusOptions['authenticate'] = async ({ token }) => {
    const actor = users.get(token ?? '')
    return actor ? ok({ actor }) : fail('UNAUTHORIZED', 'Nobody has this key')
  }

  test('[AUTH2] is for the application to say, at every door', async () => {
    const url = await listen(await application({ authenticate, settings: { insecure: false } }))
    const made = await fetch(`${url}/api/v1/sessions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key-of-ann', 'content-type': 'application/json' },
      body: '{}',
    })
    expect(made.status).toBe(201)
    const { session_id } = (await made.json()) as { session_id: string }
    expect((await fetch(`${url}/api/v1/sessions`)).status).toBe(401)
    await expect(client(url, { auth: { token: 'wrong' } })).rejects.toMatchObject({
      data: { code: 'UNAUTHORIZED' },
    })
    const ann = await client(url, { auth: { token: 'key-of-ann' } })
    await ann.join(session_id)
    await ann.execute(session_id, 'CreateNode', { blueprint_type_id: 'task' })
    const history = await fetch(`${url}/api/v1/sessions/${session_id}/history`, {
      headers: { authorization: 'Bearer key-of-ann' },
    })
    expect(await history.json()).toMatchObject({ entries: [{ actor: { id: 'ann', name: 'Ann' } }] })
  })

  test('[AUTH1] is not left open by mistake', async () => {
    const register = (settings: TalusOptions['settings']) =>
      application({ settings: { insecure: false, ...settings } })
    await expect(register({})).rejects.toThrow('Nobody would be authenticated')
    await expect(register({ jwtSecret: 'short' })).rejects.toThrow('at least 32 bytes')
  })
})

test('what cannot hold is refused with the reason', async () => {
  await expect(application({ settings: { port: 1 } })).rejects.toThrow(
    "'port' is for the application",
  )
  await expect(application({ settings: { docs: 'on' } })).rejects.toThrow(
    "'docs' is for the application",
  )
  await application({ settings: { docs: 'off' } })
  const unknown = { settings: { prot: 1 } } as object
  await expect(application(unknown)).rejects.toThrow("There is no setting 'prot'")
  const prefixed = async (app: FastifyInstance) =>
    app.register(async (scope) => scope.register(talus), { prefix: '/collab' })
  await expect(application({ prepare: prefixed })).rejects.toThrow('register it without a prefix')
})

test('closing the application answers what was taken in, and ends connections', async () => {
  const app = await application()
  const url = await listen(app)
  const ann = await client(url)
  await ann.join('s')
  const answers = ['a', 'b', 'c'].map((node_id) =>
    ann.execute('s', 'CreateNode', { blueprint_type_id: 'task', node_id }),
  )
  // Answered behind the commands, so that they have arrived.
  const arrived = ann.settled()
  const gone = new Promise((resolve) => ann.socket.once('disconnect', resolve))
  await arrived
  await app.close()
  expect(await Promise.all(answers)).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }])
  await gone
  const { port } = new URL(url)
  const refused = new Promise((resolve) =>
    connect(Number(port), '127.0.0.1').once('error', resolve),
  )
  expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
})
