import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const AUTH = ['--jwt-secret', SECRET]

/** The error of a handshake that is refused. */
async function refusal(connecting: Promise<RawClient>): Promise<unknown> {
  const outcome = await connecting.then(
    () => undefined,
    (err: unknown) => err,
  )
  return (outcome as { data?: unknown } | undefined)?.data
}

test.each(['websocket', 'polling'])(
  '[LIM8] an address has so many connections at a time (%s)',
  async (transport) => {
    await using app = await quickApp({ args: ['--max-sockets-per-address', '3'] })
    const options = { transports: [transport], reconnection: false }
    const clients = await Promise.all([1, 2, 3].map(() => app.client(options)))
    const expected = {
      code: 'LIMIT_EXCEEDED',
      message: 'Expected at most 3 connections of one address',
      details: [
        {
          path: '',
          expected: 'at most 3 connections of one address',
          hint: 'close one of them first',
        },
      ],
      retryable: false,
    }
    expect(await refusal(app.client(options))).toEqual(expected)
    expect(await refusal(app.graphClient('s', options))).toEqual(expected)
    for (const client of clients) await client.settled()
    for (const client of clients) client.socket.disconnect()
    await expect.poll(() => refusal(app.client(options))).toBeUndefined()
  },
)

test('[LIM8] an address that goes on beyond that is not answered at all', async () => {
  await using app = await quickApp({ args: ['--max-sockets-per-address', '1'] })
  const client = await app.client()
  // They never say anything, so that nobody can tell them why.
  const silent = Array.from(
    { length: 40 },
    () => new WebSocket(`${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`),
  )
  const outcomes = await Promise.all(
    silent.map(
      (socket) =>
        new Promise<string>((resolve) => {
          socket.on('open', () => resolve('open'))
          socket.on('error', (err) => resolve(err.message))
        }),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'open')).toHaveLength(16)
  expect(outcomes.find((outcome) => outcome !== 'open')).toContain('Unexpected server response: 40')
  await client.settled()
  for (const socket of silent) socket.terminate()
})

test('[LIM8] a user has so many sockets at a time, others have their own', async () => {
  await using app = await quickApp({ args: [...AUTH, '--max-sockets-per-user', '2'] })
  const auth = { token: await tokenFor('ann') }
  const options = { auth, reconnection: false }
  const first = await app.client(options)
  await app.client(options)
  expect(await refusal(app.client(options))).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: 'Expected at most 2 sockets of one user',
  })
  await app.client({ auth: { token: await tokenFor('bob') } })
  first.socket.disconnect()
  await expect.poll(() => refusal(app.client(options))).toBeUndefined()
})

test('[LIM8] handshakes of an address have a rate', async () => {
  await using app = await quickApp({ elapsed: () => 0, args: ['--handshake-rate', '1:5'] })
  const options = { reconnection: false }
  const refused = await Promise.all(Array.from({ length: 50 }, () => refusal(app.client(options))))
  expect(refused.filter((error) => error === undefined)).toHaveLength(5)
  expect(refused.find((error) => error !== undefined)).toMatchObject({
    code: 'RATE_LIMITED',
    retryable: true,
    retry_after_ms: expect.any(Number),
  })
})

test('[LIM8] wrong tokens of an address are refused for their rate, valid ones never', async () => {
  await using app = await quickApp({
    elapsed: () => 0,
    args: [...AUTH, '--failed-login-rate', '1:3'],
  })
  const ann = await bearer('ann')
  const wrong = { authorization: `${ann.authorization}x` }
  for (let n = 0; n < 10; n += 1) await app.api('GET', '/sessions')
  expect((await app.api('GET', '/sessions', undefined, ann)).status).toBe(200)
  const statuses: number[] = []
  for (let n = 0; n < 10; n += 1) {
    statuses.push((await app.api('GET', '/sessions', undefined, wrong)).status)
  }
  expect(statuses.slice(0, 3)).toEqual([401, 401, 401])
  expect(statuses.at(-1)).toBe(429)
  const limited = { code: 'RATE_LIMITED', retry_after_ms: expect.any(Number) }
  const nonsense = { auth: { token: 'nonsense' }, reconnection: false }
  expect(await refusal(app.client(nonsense))).toMatchObject(limited)
  const links = { 'x-share-token': 'nonsense' }
  expect((await app.api('GET', '/sessions', undefined, links)).status).toBe(429)
  for (const sub of ['ann', 'bob']) {
    expect((await app.api('GET', '/sessions', undefined, await bearer(sub))).status).toBe(200)
    const auth = { token: await tokenFor(sub) }
    await (await app.client({ auth, reconnection: false })).settled()
  }
})

test('[LIM8] a flood of wrong tokens keeps nobody out who has a valid one', async () => {
  await using app = await quickApp({ args: [...AUTH, '--failed-login-rate', '1:1'] })
  const wrong = { authorization: `Bearer ${await tokenFor('eve', { secret: 'x'.repeat(32) })}` }
  const flood = Array.from({ length: 300 }, () => app.api('GET', '/sessions', undefined, wrong))
  const honest = Array.from({ length: 30 }, async (_, n) =>
    app.api('GET', '/sessions', undefined, await bearer(`user-${n}`)),
  )
  expect((await Promise.all(honest)).map(({ status }) => status)).toEqual(Array(30).fill(200))
  const statuses = (await Promise.all(flood)).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([401, 429]))
})

test('[LIM10] who proves nothing keeps nobody out who does', async () => {
  const args = [...AUTH, '--max-sockets-per-address', '12', '--handshake-rate', '1:3']
  await using app = await quickApp({ args, elapsed: () => 0 })
  const path = `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`
  // They say nothing, and would hold every place of the address.
  const silent = Array.from({ length: 40 }, () => new WebSocket(path))
  for (const socket of silent) socket.on('error', () => undefined)
  await Promise.all(silent.map((socket) => new Promise((resolve) => socket.on('open', resolve))))
  for (let n = 0; n < 5; n += 1) {
    expect(await refusal(app.client({ reconnection: false }))).toBeDefined()
  }
  const users = await Promise.all(
    Array.from({ length: 10 }, async (_, n) =>
      app.client({ auth: { token: await tokenFor(`user-${n}`) }, reconnection: false }),
    ),
  )
  for (const user of users) await user.settled()
  for (const socket of silent) socket.terminate()
})

const LIMIT = { error: { code: 'LIMIT_EXCEEDED' } }

async function create(app: TestApp, headers: object = {}, body: object = {}) {
  const { status, body: answer } = await app.api('POST', '/sessions', body, headers)
  return { status, answer }
}

test('[LIM9] a session counts for whoever created it, also when it was given away', async () => {
  await using app = await quickApp({ args: [...AUTH, '--max-sessions-per-user', '2'] })
  const [ann, bob] = [await bearer('ann'), await bearer('bob')]
  for (const session_id of ['one', 'two']) {
    expect((await create(app, ann, { session_id })).status).toBe(201)
    const members = `/sessions/${session_id}/members`
    await app.api('PUT', `${members}/bob`, { role: 'owner' }, ann)
    expect((await app.api('DELETE', `${members}/ann`, undefined, ann)).status).toBe(200)
  }
  expect(await create(app, ann)).toMatchObject({ status: 422, answer: LIMIT })
  // Who is given a session did not ask for it.
  expect((await create(app, bob)).status).toBe(201)
  await app.api('DELETE', '/sessions/one', undefined, bob)
  expect((await create(app, ann)).status).toBe(201)
})

test('[LIM15] a session has so many members and so many share links', async () => {
  const args = [...AUTH, '--max-members', '2', '--max-share-links', '1']
  await using app = await quickApp({ args })
  const ann = await bearer('ann')
  await create(app, ann, { session_id: 's' })
  const put = (id: string, role: string) =>
    app.api('PUT', `/sessions/s/members/${id}`, { role }, ann)
  expect((await put('bob', 'viewer')).status).toBe(200)
  expect(await put('cy', 'viewer')).toMatchObject({ status: 422, body: LIMIT })
  expect((await put('bob', 'editor')).status).toBe(200)
  const links = '/sessions/s/share-links'
  const { body } = await app.api('POST', links, { role: 'viewer' }, ann)
  const other = await app.api('POST', links, { role: 'viewer' }, ann)
  expect(other).toMatchObject({ status: 422, body: LIMIT })
  const { link_id } = body.link as { link_id: string }
  await app.api('DELETE', `${links}/${link_id}`, undefined, ann)
  expect((await app.api('POST', links, { role: 'viewer' }, ann)).status).toBe(201)
})

test('[LIM9] a user creates so many sessions', async () => {
  await using app = await quickApp({ args: [...AUTH, '--max-sessions-per-user', '2'] })
  const ann = await bearer('ann')
  const { answer } = await create(app, ann, { session_id: 'one' })
  expect(answer).toMatchObject({ session_id: 'one' })
  expect((await create(app, ann)).status).toBe(201)
  expect(await create(app, ann)).toMatchObject({
    status: 422,
    answer: { error: { code: 'LIMIT_EXCEEDED', details: [{ actual: 2 }] } },
  })
  const file = { graph: { nodes: [{ id: 'n', type: 't' }] } }
  expect((await app.api('POST', '/projects/import', file, ann)).status).toBe(422)
  // One that is there already is not a new one.
  expect((await create(app, ann, { session_id: 'one' })).status).toBe(201)
  expect((await create(app, await bearer('bob'))).status).toBe(201)
  await app.api('DELETE', '/sessions/one', undefined, ann)
  expect((await create(app, ann)).status).toBe(201)
})

test('[LIM9] an address makes so many sessions, by any door', async () => {
  await using app = await quickApp({ elapsed: () => 0, args: ['--new-session-rate', '1:3'] })
  const client = await app.client()
  expect((await create(app)).status).toBe(201)
  await client.join('two')
  await app.graphClient('three')
  expect((await create(app)).status).toBe(429)
  const limited = { code: 'RATE_LIMITED' }
  expect(await client.ask('join_session', { session_id: 'four' })).toMatchObject({ error: limited })
  expect(await refusal(app.graphClient('five', { reconnection: false }))).toMatchObject(limited)
  expect(await client.ask('join_session', { session_id: 'three' })).toMatchObject({ ok: true })
})
