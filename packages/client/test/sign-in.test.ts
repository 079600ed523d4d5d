import { expect, onTestFinished, test } from 'vitest'
import { connect, rest, type Client, type ClientOptions, type Status } from '../src/index.js'
import type { TalusError } from '../src/index.js'
import { eventually } from './eventually.js'
import { LongTimers } from './long-timers.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { SECRET, tokenFor } from './tokens.js'

const STRICT = ['--jwt-secret', SECRET, '--jwt-clock-tolerance', '0']

async function startServer(): Promise<TestServer> {
  const server = await TestServer.start(...STRICT)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

type Watched = { client: Client; statuses: Status[]; errors: TalusError[] }

function watched(url: string, options: ClientOptions): Watched {
  const reconnect = { minDelayMs: 20, maxDelayMs: 100 }
  const client = connect(url, { store: null, reconnect, ...options })
  onTestFinished(() => client.close())
  const statuses: Status[] = []
  const errors: TalusError[] = []
  client.on('status', (status) => statuses.push(status))
  client.on('error', (error) => errors.push(error))
  return { client, statuses, errors }
}

async function newSession(url: string, actor: string): Promise<string> {
  const { session_id } = await rest(url, { token: tokenFor(actor) }).createSession({})
  return session_id
}

test('a callback that takes longer than the network may is asked once, and what it gives is used', async () => {
  const server = await startServer()
  let calls = 0
  let give: ((token: string) => void) | undefined
  const token = () => {
    calls += 1
    return new Promise<string>((resolve) => {
      give = resolve
    })
  }
  const { client } = watched(server.url, { token, ackTimeoutMs: 1_000 })
  const sessions = client.rest.listSessions()
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect([calls, client.status]).toEqual([1, 'connecting'])
  give?.(tokenFor('ann'))
  expect((await sessions).sessions).toEqual([])
  await eventually(() => expect(client.status).toBe('live'))
  expect(calls).toBe(1)
})

test('refused tokens are told with their reason, and no end as long as there are others', async () => {
  const server = await startServer()
  let isExpired = true
  const token = () => tokenFor('ann', isExpired ? -60 : 3_600)
  const { client, errors } = watched(server.url, { token })
  const joining = client.join(await newSession(server.url, 'ann'))
  await eventually(() => expect(errors.length).toBeGreaterThan(3))
  expect(errors[0]).toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'The token has expired',
    details: [{ path: '/token', actual: 'expired' }],
  })
  expect(client.status).toBe('offline')
  expect(await rejection(client.rest.listSessions())).toMatchObject({
    code: 'UNAUTHORIZED',
    retryable: true,
  })
  isExpired = false
  expect((await joining).joined.role).toBe('owner')
})

test('a fixed token that is refused is final', async () => {
  const server = await startServer()
  const { client } = watched(server.url, { token: tokenFor('ann', -60) })
  expect(await rejection(client.join('s'))).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(client.status).toMatchObject({ refused: { message: 'The token has expired' } })
})

test.each([
  [
    'throws',
    () => Promise.reject(new Error('no network at the issuer')),
    'no network at the issuer',
  ],
  ['gives nothing', () => undefined as never, 'expected a token, a string'],
])('a callback that %s is told so, and asked again', async (_, failing, reason) => {
  const server = await startServer()
  let calls = 0
  const token = () => ((calls += 1) < 3 ? failing() : tokenFor('ann'))
  const { client, errors } = watched(server.url, { token })
  await eventually(() => expect(client.status).toBe('live'))
  expect(errors).toHaveLength(2)
  expect(errors[0]).toMatchObject({ code: 'UNAUTHORIZED', retryable: true })
  expect(errors[0]?.message).toContain(reason)
})

const MINUTE = 60_000

/** An issuer whose tokens hold for an hour, and the clock that it shares with the server. */
class Issuer {
  readonly #server: TestServer
  calls = 0
  #ahead = 0

  constructor(server: TestServer) {
    this.#server = server
  }

  readonly token = () => {
    this.calls += 1
    return tokenFor('ann', (this.#ahead + 60 * MINUTE) / 1_000)
  }

  async leap(ms: number): Promise<void> {
    this.#ahead += ms
    await this.#server.leap(ms)
  }
}

test('[AUTH13] the next token comes ahead of the end of the one before: nobody notices', async () => {
  const server = await startServer()
  const timers = new LongTimers()
  const issuer = new Issuer(server)
  const session_id = await newSession(server.url, 'ann')
  const { client, statuses, errors } = watched(server.url, { token: issuer.token })
  const idle = watched(server.url, { token: issuer.token })
  idle.client.connect()
  const session = await client.join(session_id)
  const changes: unknown[] = []
  session.on('status', (status) => changes.push(status))
  // Each of them knows when to ask for the next one.
  const areAhead = () => eventually(() => expect(timers.count).toBe(2))
  await areAhead()
  for (let renewals = 0; renewals < 4; renewals += 1) {
    await issuer.leap(40 * MINUTE)
    await session.execute('CreateNode', { blueprint_type_id: 'task' })
    timers.fire()
    await areAhead()
  }
  await idle.client.join(session_id)
  expect(statuses).toEqual(['joining', 'live'])
  expect(idle.statuses).toEqual(['live'])
  expect([...changes, ...errors, ...idle.errors]).toEqual([])
  expect(issuer.calls).toBeLessThan(30)
})

test('[AUTH13] a callback that keeps a token until it has expired costs a reconnect, not the client', async () => {
  const server = await startServer()
  const timers = new LongTimers()
  const issuer = new Issuer(server)
  const session_id = await newSession(server.url, 'ann')
  let kept = issuer.token()
  const { client, statuses } = watched(server.url, { token: () => kept })
  const session = await client.join(session_id)
  await eventually(() => expect(timers.count).toBe(1))
  timers.fire()
  await issuer.leap(70 * MINUTE)
  const late = session.execute('CreateNode', { blueprint_type_id: 'task' })
  await eventually(() => expect(statuses).toContain('offline'))
  kept = issuer.token()
  await late
  await eventually(() => expect(session.status).toBe('live'))
  expect(statuses.at(-1)).toBe('live')
})
