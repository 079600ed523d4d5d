import { expect, test } from 'vitest'
import { Arrivals, type ArrivalNotice } from '../src/broadcast/arrivals.js'
import { Budget, Budgets } from '../src/limits/rate.js'
import { capturedLog } from './captured-log.js'
import { HeldJournal } from './held-journal.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const AUTH = ['--jwt-secret', SECRET]

/** A session of ann's, and a way to connect as her. */
async function sessionOfAnn(app: TestApp, ...ids: string[]) {
  for (const session_id of ids) {
    await app.api('POST', '/sessions', { session_id }, await bearer('ann'))
  }
  const auth = { token: await tokenFor('ann') }
  return {
    root: () => app.client({ auth, reconnection: false }),
    graph: (session_id: string) =>
      app.graphClient(session_id, { auth: { ...auth, session_id }, reconnection: false }),
  }
}

async function refusal(connecting: Promise<RawClient>): Promise<unknown> {
  const outcome = await connecting.then(
    () => undefined,
    (err: unknown) => err,
  )
  return (outcome as { data?: unknown } | undefined)?.data
}

const presence = (session_id: string, state: unknown) => ({ session_id, state })
const limited = (what: string) => ({
  ok: false,
  error: { code: 'RATE_LIMITED', message: expect.stringContaining(what) },
})

test('[LIM31] messages of a user are counted over sockets and namespaces', async () => {
  await using app = await quickApp({
    args: [...AUTH, '--message-rate-per-user', '1:12'],
    elapsed: () => 0,
  })
  const ann = await sessionOfAnn(app, 's')
  const [one, two] = [await ann.root(), await ann.graph('s')]
  await one.join('s')
  const answers = []
  for (let n = 0; n < 10; n += 1) {
    answers.push(await (n % 2 === 0 ? one : two).ask('update_presence', presence('s', { n })))
  }
  expect(answers).toEqual(Array(10).fill({ ok: true }))
  // Large ones count more than one: there is one left.
  const large = presence('s', { text: 'x'.repeat(9_000) })
  expect(await one.ask('update_presence', large)).toMatchObject(limited('messages of a user'))
  expect(await two.ask('update_presence', presence('s', {}))).toMatchObject(
    limited('messages of a user'),
  )
  // Commands have rates of their own, and others have their own budget.
  const data = { blueprint_type_id: 't', name: 'n' }
  expect(await one.execute('s', 'CreateNode', data)).toMatchObject({ ok: true })
  const bob = await app.client({ auth: { token: await tokenFor('bob') } })
  expect(await bob.ask('leave_session', { session_id: 's' })).toMatchObject({ ok: true })
})

test('[LIM31] guests are counted by address, as anybody can be any number of them', async () => {
  await using app = await quickApp({
    args: [...AUTH, '--message-rate-per-user', '1:4'],
    elapsed: () => 0,
  })
  await sessionOfAnn(app, 's')
  const link = await app.api(
    'POST',
    '/sessions/s/share-links',
    { role: 'commenter' },
    await bearer('ann'),
  )
  const { token: share_token } = link.body as { token: string }
  const codes = []
  for (let n = 0; n < 6; n += 1) {
    const guest = await app.graphClient('s', { auth: { share_token, session_id: 's' } })
    const answer = await guest.ask('update_presence', presence('s', { n }))
    codes.push(answer.ok === true ? 'ok' : (answer.error as { code: string }).code)
    guest.socket.disconnect()
  }
  expect(codes).toEqual(['ok', 'ok', 'ok', 'ok', 'RATE_LIMITED', 'RATE_LIMITED'])
})

test('[LIM31] joins have a rate of a user, on both namespaces', async () => {
  await using app = await quickApp({
    args: [...AUTH, '--join-rate-per-user', '1:4'],
    elapsed: () => 0,
  })
  const ann = await sessionOfAnn(app, 's', 't')
  const one = await ann.root()
  const two = await ann.root()
  await one.join('s')
  // Again is a join as well: it is answered as one.
  await one.join('s', { stream: 'changes' })
  await two.join('t')
  await ann.graph('t')
  expect(await two.ask('join_session', { session_id: 's' })).toMatchObject(
    limited('joins of a user'),
  )
  expect(await refusal(ann.graph('s'))).toMatchObject({
    code: 'RATE_LIMITED',
    retry_after_ms: expect.any(Number),
  })
  await app.api('POST', '/sessions', { session_id: 'b' }, await bearer('bob'))
  const bob = await app.client({ auth: { token: await tokenFor('bob') } })
  expect(await bob.ask('join_session', { session_id: 'b' })).toMatchObject({ ok: true })
})

test('[LIM31] a join counts more by the bytes that it missed', async () => {
  await using app = await quickApp({
    args: [...AUTH, '--join-rate-per-user', '1:20'],
    elapsed: () => 0,
  })
  const ann = await sessionOfAnn(app, 's', 't')
  const [writer, one, two] = [await ann.root(), await ann.root(), await ann.root()]
  await writer.join('s')
  // The text is in the entry and in its result: about 800,000 bytes, 12 joins.
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(800_000) } }
  expect(await writer.execute('s', 'CreateNode', data)).toMatchObject({ ok: true, seq: 1 })
  const join = { session_id: 's', stream: 'changes', last_seq: 0 }
  expect(await one.ask('join_session', join)).toMatchObject({ ok: true, entries: [{ seq: 1 }] })
  expect(await two.ask('join_session', join)).toMatchObject(limited('joins of a user'))
  await app.api('POST', '/sessions', { session_id: 'b' }, await bearer('bob'))
  const bob = await app.client({ auth: { token: await tokenFor('bob') } })
  expect(await bob.ask('join_session', { session_id: 'b' })).toMatchObject({ ok: true })
})

test('[LIM31] joins have a rate of a session', async () => {
  await using app = await quickApp({
    args: [...AUTH, '--join-rate-per-session', '1:3'],
    elapsed: () => 0,
  })
  const ann = await sessionOfAnn(app, 's', 't')
  const client = await ann.root()
  for (let n = 0; n < 3; n += 1) await client.join('s')
  expect(await client.ask('join_session', { session_id: 's' })).toMatchObject(
    limited('joins of a session'),
  )
  expect(await client.ask('join_session', { session_id: 't' })).toMatchObject({ ok: true })
})

test('[LIM31] a socket and a user are in so many sessions, a session has so many sockets', async () => {
  const most = ['--max-joined-per-socket', '2', '--max-joined-per-user', '4']
  await using app = await quickApp({ args: [...AUTH, ...most, '--max-sockets-per-session', '3'] })
  const ann = await sessionOfAnn(app, 's', 't', 'u')
  const refused = (what: string) => ({
    ok: false,
    error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining(what) },
  })
  const [one, two] = [await ann.root(), await ann.root()]
  await one.join('s')
  await one.join('t')
  expect(await one.ask('join_session', { session_id: 'u' })).toMatchObject(refused('one socket'))
  // Joining again is no other membership.
  expect(await one.ask('join_session', { session_id: 's' })).toMatchObject({ ok: true })
  await two.join('s')
  const three = await ann.graph('s')
  expect(await two.ask('join_session', { session_id: 't' })).toMatchObject(refused('of one user'))
  three.socket.disconnect()
  await two.next('session:disconnected')
  expect(await two.ask('join_session', { session_id: 't' })).toMatchObject({ ok: true })
  await one.ask('leave_session', { session_id: 't' })
  const four = await ann.graph('s')
  await one.ask('leave_session', { session_id: 's' })
  await two.ask('leave_session', { session_id: 't' })
  const five = await ann.graph('s')
  expect(await refusal(ann.graph('s'))).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: expect.stringContaining('sockets in one session'),
  })
  for (const client of [four, five]) client.socket.disconnect()
})

/** Time that goes on when told to. */
function time() {
  let now = 0
  let due: { at: number; work: () => void }[] = []
  const writes = new Budgets({ perSecond: 5_000, burst: 20_000 }, () => now)
  return {
    mayWrite: (session_id: string, clients: number) => writes.take(session_id, clients) === 0,
    after: (ms: number, work: () => void) => void due.push({ at: now + ms, work }),
    pass(ms: number) {
      now += ms
      const ripe = due.filter(({ at }) => at <= now)
      due = due.filter(({ at }) => at > now)
      for (const { work } of ripe) work()
    },
  }
}

test('[LIM31] in a large session who comes and goes is told together, and who is gone not at all', () => {
  const clock = time()
  const writes: ArrivalNotice[][] = []
  const arrivals = new Arrivals(clock, (_session_id, told) => writes.push([...told]))
  const come = (client_id: string) =>
    arrivals.announce('s', { event: 'session:connected', client_id }, 1_000)
  const go = (client_id: string) =>
    arrivals.announce('s', { event: 'session:disconnected', client_id }, 1_000)
  for (let n = 0; n < 20; n += 1) come(`early-${n}`)
  expect(writes).toHaveLength(20)
  for (let n = 0; n < 500; n += 1) {
    come('flapping')
    go('flapping')
  }
  come('late')
  go('early-1')
  expect(writes).toHaveLength(20)
  clock.pass(250)
  expect(writes.slice(20)).toEqual([
    [
      { client_id: 'late', event: 'session:connected' },
      { client_id: 'early-1', event: 'session:disconnected' },
    ],
  ])
})

test('[LIM31] everybody is told of in the end, in writes of a bounded size', () => {
  const clock = time()
  const told: string[] = []
  let largest = 0
  const arrivals = new Arrivals(clock, (_session_id, some) => {
    told.push(...some.map(({ client_id }) => client_id))
    largest = Math.max(largest, some.length)
  })
  const clients = Array.from({ length: 1_000 }, (_, n) => `c${n}`)
  for (const client_id of clients) {
    arrivals.announce('s', { event: 'session:connected', client_id }, 1_000)
  }
  for (let n = 0; n < 30; n += 1) clock.pass(250)
  expect(told).toEqual(clients)
  expect(largest).toBeLessThanOrEqual(50)
})

test('[LIM31] joining and leaving without end fills neither the audit log nor the room', async () => {
  const log = capturedLog('error')
  const args = [...AUTH, '--join-rate-per-user', '0', '--join-rate-per-session', '0']
  const app = await quickApp({ args, logger: log.logger })
  const ann = await sessionOfAnn(app, 's')
  const client = await ann.root()
  for (let n = 0; n < 60; n += 1) {
    await client.join('s')
    await client.ask('leave_session', { session_id: 's' })
  }
  await app[Symbol.asyncDispose]()
  const lines = log.lines().filter(({ event }) => String(event).startsWith('session.'))
  const told = lines.filter(({ event }) => event === 'session.joined' || event === 'session.left')
  const sums = told.filter(({ repeated }) => repeated !== undefined)
  const count = told.reduce((sum, { repeated = 1 }) => sum + Number(repeated), 0)
  expect(count).toBe(120)
  // Ten of either in ten seconds, and a sum of the rest; on a slow machine, of some ten seconds.
  expect(told.length).toBeLessThan(70)
  expect(sums[0]).toMatchObject({ actor_id: 'ann', address: '127.0.0.1', outcome: 'done' })
})

test('[LIM32] what a user has sent and is not answered yet takes so much memory', async () => {
  const journal = new HeldJournal()
  await using app = await quickApp({
    journal: journal.journal,
    args: ['--max-pending-bytes-per-user', '1000000'],
  })
  const [one, two] = [await app.client(), await app.client()]
  for (const client of [one, two]) await client.join('s')
  void journal.hold()
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(400_000) } }
  const first = one.execute('s', 'CreateNode', data)
  const second = two.execute('s', 'CreateNode', data)
  await one.settled()
  await two.settled()
  expect(await one.execute('s', 'CreateNode', data)).toMatchObject({
    ok: false,
    error: { code: 'RATE_LIMITED', message: expect.stringContaining('1,000,000 bytes') },
  })
  journal.release()
  expect([await first, await second]).toMatchObject([{ ok: true }, { ok: true }])
  expect(await one.execute('s', 'CreateNode', data)).toMatchObject({ ok: true })
})

test('[LIM32] what waits in a session takes so much memory, whoever sent it', async () => {
  const journal = new HeldJournal()
  const args = [...AUTH, '--max-pending-bytes-per-session', '1000000']
  await using app = await quickApp({ journal: journal.journal, args })
  const owner = await bearer('ann')
  for (const session_id of ['s', 'other']) await app.api('POST', '/sessions', { session_id }, owner)
  const people = ['bob', 'cem', 'dan']
  const clients: RawClient[] = []
  for (const id of people) {
    for (const session_id of ['s', 'other']) {
      await app.api('PUT', `/sessions/${session_id}/members/${id}`, { role: 'editor' }, owner)
    }
    clients.push(await app.client({ auth: { token: await tokenFor(id) } }))
  }
  const [bob, cem, dan] = clients as [RawClient, RawClient, RawClient]
  for (const client of clients) await client.join('s')
  await dan.join('other')
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(120_000) } }
  const full = { code: 'OVERLOADED', message: expect.stringContaining('1,000,000 bytes') }
  const arrived = journal.hold()
  // Each is held twice until it is durable: as it was sent, and as what it came to.
  const first = bob.execute('s', 'CreateNode', data)
  await arrived
  const others = [bob, cem, cem].map((client) => client.execute('s', 'CreateNode', data))
  await Promise.all([bob.settled(), cem.settled()])
  expect(await dan.execute('s', 'CreateNode', data)).toMatchObject({ ok: false, error: full })
  const preview = { session_id: 's', command_type: 'CreateNode', data }
  expect(await dan.ask('preview_command', preview)).toMatchObject({ ok: false, error: full })
  const rest = await app.api('POST', '/commands/execute', preview, await bearer('dan'))
  expect(rest).toMatchObject({ status: 503, body: { ok: false, error: full } })
  // Small ones have room beside them, and other sessions have their own.
  const small = dan.execute('s', 'CreateNode', { blueprint_type_id: 't' })
  const elsewhere = dan.execute('other', 'CreateNode', data)
  await dan.settled()
  journal.release()
  const answers = await Promise.all([first, ...others, small, elsewhere])
  expect(answers.map(({ error }) => error)).toEqual(Array(6).fill(undefined))
  expect(await dan.execute('s', 'CreateNode', data)).toMatchObject({ ok: true })
})

test('[LIM32] what comes to much more than was sent counts as what it comes to', async () => {
  const journal = new HeldJournal()
  await using app = await quickApp({
    journal: journal.journal,
    args: ['--max-pending-bytes-per-session', '1000000'],
  })
  const client = await (await app.client()).join('s')
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(100_000) } }
  for (let n = 0; n < 12; n += 1) {
    await client.execute('s', 'CreateNode', { ...data, node_id: `n${n}` })
  }
  const arrived = journal.hold()
  const deletions = []
  // What is deleted is in the entry: 100 kB of 100 bytes.
  for (let n = 0; n < 12; n += 1) {
    deletions.push(client.execute('s', 'DeleteNode', { node_id: `n${n}` }))
  }
  await arrived
  await client.settled()
  journal.release()
  const answers = await Promise.all(deletions)
  const refused = answers.filter(({ ok }) => !ok)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]).toMatchObject({ error: { code: 'OVERLOADED', retryable: true } })
  expect(answers.slice(0, 5)).toMatchObject(Array(5).fill({ ok: true }))
})

test('[LIM21] bodies are held until they are answered', async () => {
  const journal = new HeldJournal()
  await using app = await quickApp({
    journal: journal.journal,
    args: ['--max-pending-bytes-per-user', '1000000'],
  })
  await app.api('POST', '/sessions', { session_id: 's' })
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(400_000) } }
  const create = { session_id: 's', command_type: 'CreateNode', data }
  const arrived = journal.hold()
  const first = app.api('POST', '/commands/execute', create)
  await arrived
  const second = app.api('POST', '/commands/execute', create)
  // One that has gone is held as long as its command is.
  await expect
    .poll(async () => (await app.api('POST', '/commands/execute', create)).status)
    .toBe(429)
  journal.release()
  expect([await first, await second]).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(await app.api('POST', '/commands/execute', create)).toMatchObject({ status: 200 })
})

test('[LIM21] a client that goes away before the answer gives its upload back', async () => {
  await using app = await quickApp()
  const nodes = Array.from({ length: 6_000 }, (_, n) => ({
    id: `n${n}`,
    type: 't',
    name: 'x'.repeat(60),
  }))
  const body = JSON.stringify({ graph: { nodes } })
  const importing = (signal?: AbortSignal) =>
    fetch(`${app.url}/api/v1/projects/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      ...(signal && { signal }),
    })
  for (let n = 0; n < 3; n += 1) {
    const gone = new AbortController()
    const request = importing(gone.signal).then(
      ({ status }) => status,
      () => 'gone',
    )
    // The body has come by then, and is being read in its thread.
    await new Promise((resolve) => setTimeout(resolve, 60))
    gone.abort()
    await request
  }
  await expect.poll(async () => (await importing()).status).toBe(201)
})

test('[LIM31] whoever sends too many bytes is read more slowly, and loses nothing', async () => {
  const args = [...AUTH, '--byte-rate-per-user', '2000000:1000000', '--command-rate-per-user', '0']
  await using app = await quickApp({ args })
  const ann = await sessionOfAnn(app, 's')
  const client = await (await ann.root()).join('s')
  const data = { blueprint_type_id: 't', properties: { text: 'x'.repeat(300_000) } }
  const begun = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => client.execute('s', 'CreateNode', data)),
  )
  expect(answers.map(({ ok }) => ok)).toEqual(Array(12).fill(true))
  // 3.6 MB, of which one at once and the others at two a second.
  expect(performance.now() - begun).toBeGreaterThan(900)
})

test('[LIM31] what was used counts afterwards, and never for longer than said', () => {
  const budget = new Budget()
  const rate = { perSecond: 1_000, burst: 500 }
  expect(budget.owe(rate, 0, { cost: 400, most: 10_000 })).toBe(0)
  expect(budget.owe(rate, 0, { cost: 400, most: 10_000 })).toBe(300)
  expect(budget.owe(rate, 300, { cost: 100, most: 10_000 })).toBe(100)
  expect(budget.owe(rate, 300, { cost: 1_000_000, most: 10_000 })).toBe(10_000)
  expect(budget.owe(rate, 10_300, { cost: 1, most: 10_000 })).toBeCloseTo(1)
  expect(budget.owe(rate, 60_000, { cost: 500, most: 10_000 })).toBe(0)
})
