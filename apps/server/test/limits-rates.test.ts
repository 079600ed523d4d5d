import { describe, expect, test } from 'vitest'
import { openDoor } from './doors.js'
import { HeldJournal } from './held-journal.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const CREATE = { blueprint_type_id: 't' }

/** Time stands still: what is refused does not depend on how quick the machine is. */
const elapsed = () => 0

type Answer = { ok: boolean; error?: { code: string; retry_after_ms?: number; details?: object[] } }

/** What a refusal for its rate says: what is allowed, and when to come again. */
function rateLimited(what: string) {
  return {
    code: 'RATE_LIMITED',
    message: expect.stringMatching(/try again after \d+ ms/),
    details: [
      {
        path: '',
        expected: `at most 10 ${what} a second, 20 at once`,
        hint: expect.stringMatching(/^try again after \d+ ms$/),
      },
    ],
    retryable: true,
    retry_after_ms: expect.any(Number),
  }
}

/** Sends at once ten times what a burst of 20 allows. */
async function abuse(client: RawClient): Promise<Answer[]> {
  const sent = Array.from({ length: 200 }, () => client.execute('s', 'CreateNode', CREATE))
  return (await Promise.all(sent)) as unknown as Answer[]
}

function accepted(answers: readonly Answer[]): number {
  return answers.filter(({ ok }) => ok).length
}

const seqOf = async (app: TestApp, headers: object = {}) =>
  Number((await app.api('GET', '/sessions/s', undefined, headers)).body.seq)

describe('[LIM6] ten times the budget', () => {
  test.each(['/', '/graph'] as const)('by one socket on %s', async (namespace) => {
    await using app = await quickApp({ elapsed, args: ['--command-rate-per-socket', '10:20'] })
    const neighbour = await (await app.client()).join('s')
    const client = namespace === '/' ? await app.client() : await app.graphClient('s')
    const answers = await abuse(client)
    expect(accepted(answers)).toBe(20)
    expect(answers.at(-1)?.error).toEqual(rateLimited('commands of a socket'))
    // The others go on, and learn nothing of it.
    expect(await neighbour.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 21 })
    expect(neighbour.names()).not.toContain('command:failed')
  })

  test('by one user, whichever way each command comes', async () => {
    const args = ['--jwt-secret', SECRET, '--command-rate-per-user', '10:20']
    await using app = await quickApp({ elapsed, args })
    const [ann, bob] = [await bearer('ann'), await bearer('bob')]
    await app.api('POST', '/sessions', { session_id: 's' }, ann)
    await app.api('PUT', '/sessions/s/members/bob', { role: 'editor' }, ann)
    const auth = { token: await tokenFor('ann') }
    const clients = [await app.client({ auth }), await app.client({ auth })]
    for (const client of clients) await client.join('s')
    const answers = (await Promise.all(clients.map(abuse))).flat()
    expect(accepted(answers)).toBe(20)
    const command = { session_id: 's', command_type: 'CreateNode', data: CREATE }
    const rest = await app.api('POST', '/commands/execute', command, ann)
    expect(rest.status).toBe(429)
    expect(rest.body).toMatchObject({
      success: false,
      ok: false,
      error: rateLimited('commands of a user'),
    })
    expect(Number(rest.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const path of ['/sessions/s/undo', '/sessions/s/redo']) {
      expect((await app.api('POST', path, {}, ann)).status).toBe(429)
    }
    expect((await app.api('POST', '/sessions/s/restore', { seq: 1 }, ann)).status).toBe(429)
    expect((await app.api('POST', '/commands/preview', command, ann)).status).toBe(429)
    expect((await app.api('POST', '/commands/execute', command, bob)).status).toBe(200)
    expect(await seqOf(app, ann)).toBe(21)
  })

  test('in one session, by many', async () => {
    await using app = await quickApp({ elapsed, args: ['--command-rate-per-session', '10:20'] })
    const clients = await Promise.all([app.client(), app.client(), app.graphClient('s')])
    const answers = (await Promise.all(clients.map(abuse))).flat()
    expect(accepted(answers)).toBe(20)
    const refused = answers.find(({ ok }) => !ok)
    expect(refused?.error).toEqual(rateLimited('commands of a session'))
    await app.graphClient('other')
    const door = await openDoor(app, 'REST', 'other')
    expect(await door.execute('CreateNode', CREATE)).toMatchObject({ ok: true })
  })

  test('by one address over REST; probes are not counted', async () => {
    await using app = await quickApp({ elapsed, args: ['--request-rate', '10:20'] })
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => app.api('GET', '/sessions')),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    const refused = answers.find(({ status }) => status !== 200)
    expect(refused?.status).toBe(429)
    expect(refused?.body.error).toEqual(rateLimited('requests of a caller'))
    expect(refused?.headers.get('retry-after')).toBe('1')
    expect((await app.api('GET', '/health')).status).toBe(200)
  })

  test('by messages that are no commands; without acknowledgement it is told once', async () => {
    await using app = await quickApp({ elapsed, args: ['--message-rate-per-socket', '10:20'] })
    const client = await app.client()
    for (let n = 0; n < 30; n += 1) client.socket.emit('ping')
    const answer = await client.ask('leave_session', { session_id: 's' })
    expect(answer.error).toEqual(rateLimited('messages of a socket'))
    expect(client.of('error')).toEqual([rateLimited('messages of a socket')])
  })
})

test('[LIM6] who goes on although everything is refused is disconnected, with a reason', async () => {
  await using app = await quickApp({ elapsed, args: ['--message-rate-per-socket', '10:20'] })
  const client = await app.client({ reconnection: false })
  const closed = new Promise((resolve) =>
    client.socket.once('disconnect', (reason, details) => {
      const { context } = (details ?? {}) as unknown as { context?: object }
      resolve({ reason, context })
    }),
  )
  for (let n = 0; n < 200; n += 1) client.socket.emit('ping')
  expect(await closed).toMatchObject({
    reason: 'transport close',
    context: { code: 1008, reason: 'Too many messages' },
  })
})

test('[LIM6] a refused command leaves no trace, and its id is free', async () => {
  let now = 0
  const args = ['--command-rate-per-session', '10:1']
  await using app = await quickApp({ elapsed: () => now, args })
  const watcher = await (await app.client()).join('s')
  const client = await app.client()
  await client.execute('s', 'CreateNode', CREATE)
  await watcher.next('command:executed')
  watcher.clear()
  const again = { command_id: 'c-1' }
  const refused = (await client.execute('s', 'CreateNode', CREATE, again)) as unknown as Answer
  expect(refused).toMatchObject({ ok: false, command_id: 'c-1', error: { code: 'RATE_LIMITED' } })
  await watcher.settled()
  expect(watcher.received).toEqual([])
  now += refused.error?.retry_after_ms ?? 0
  const other = { ...CREATE, name: 'another payload' }
  expect(await client.execute('s', 'CreateNode', other, again)).toMatchObject({ ok: true, seq: 2 })
})

test('[LIM6] a batch counts one, and one more for each hundred commands', async () => {
  await using app = await quickApp({ elapsed, args: ['--command-rate-per-session', '1:10'] })
  const client = await app.client()
  await client.join('s')
  const batch = (length: number) => ({
    commands: Array.from({ length }, () => ({ command_type: 'CreateNode', data: CREATE })),
  })
  expect(await client.execute('s', 'Batch', batch(899))).toMatchObject({ ok: true })
  expect(await client.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true })
  expect(await client.execute('s', 'CreateNode', CREATE)).toMatchObject({
    error: { code: 'RATE_LIMITED' },
  })
})

test('[LIM7] a socket may leave so many requests unanswered', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal, args: ['--max-pending', '5'] })
  const client = await (await app.client()).join('s')
  const arrived = held.hold()
  const first = client.execute('s', 'CreateNode', CREATE)
  await arrived
  const others = Array.from({ length: 10 }, () => client.execute('s', 'CreateNode', CREATE))
  const refused = await Promise.all(others.slice(4))
  for (const { error } of refused) {
    expect(error).toEqual({
      code: 'RATE_LIMITED',
      message: 'Expected at most 5 requests without an answer',
      details: [
        { path: '', expected: 'at most 5 requests without an answer', hint: 'wait for answers' },
      ],
      retryable: true,
      retry_after_ms: 100,
    })
  }
  held.release()
  expect(accepted((await Promise.all([first, ...others])) as unknown as Answer[])).toBe(5)
  expect(await client.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 6 })
})
