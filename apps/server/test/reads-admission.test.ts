import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'
import { WatchedJournal } from './watched-journal.js'

const [ann, vic] = [await bearer('ann'), await bearer('vic')]

/** Ann's session, in which vic looks on; its last entry is so large that to read it is a large read. */
async function withViewer(args: string[] = []) {
  const watched = new WatchedJournal(createMemoryJournal())
  const app = await quickApp({
    journal: watched.journal,
    args: ['--jwt-secret', SECRET, ...args],
  })
  await app.api('POST', '/sessions', { session_id: 's' }, ann)
  await app.api('PUT', '/sessions/s/members/vic', { role: 'viewer' }, ann)
  await create(app, 's', { text: 'a'.repeat(400_000) })
  return { app, watched }
}

async function create(app: TestApp, session_id: string, properties: object = {}): Promise<void> {
  const data = { blueprint_type_id: 't', properties }
  const command = { session_id, command_type: 'CreateNode', data }
  expect(await app.api('POST', '/commands/execute', command, ann)).toMatchObject({ status: 200 })
}

function dismissVic(app: TestApp) {
  return app.api('DELETE', '/sessions/s/members/vic', undefined, ann)
}

const REFUSED = { status: 403, body: { error: { code: 'FORBIDDEN' } } }

test.each(['/graph?session_id=s&min_seq=2', '/sessions/s/graph/tree?min_seq=2'])(
  '[READ3] who loses their role while %s waits is told nothing of what came after',
  async (path) => {
    const { app } = await withViewer()
    await using _ = app
    expect((await app.api('GET', path.replace('2', '1'), undefined, vic)).status).toBe(200)
    const waiting = app.api('GET', path, undefined, vic)
    // It has come in when a later request of the same visitor is answered.
    await app.api('GET', '/sessions/s', undefined, vic)
    await dismissVic(app)
    await create(app, 's')
    expect(await waiting).toMatchObject(REFUSED)
  },
)

test('[READ3] [LIM16] who loses their role while a large read waits for its turn is refused', async () => {
  const { app, watched } = await withViewer(['--max-large-reads', '1'])
  await using _ = app
  const arrived = watched.holdReads()
  const first = app.api('GET', '/sessions/s/changes', undefined, ann)
  await arrived
  const waiting = app.api('GET', '/sessions/s/changes', undefined, vic)
  await app.api('GET', '/sessions/s', undefined, vic)
  await dismissVic(app)
  watched.release()
  expect(await first).toMatchObject({ status: 200 })
  expect(await waiting).toMatchObject(REFUSED)
})

test('[LIM16] of large reads few run and few wait, and small ones pass by', async () => {
  const { app, watched } = await withViewer(['--max-large-reads', '1'])
  await using _ = app
  await app.api('POST', '/sessions', { session_id: 'small' }, ann)
  await create(app, 'small')
  const arrived = watched.holdReads()
  const large = (who: object) => app.api('GET', '/sessions/s/changes', undefined, who)
  const first = large(ann)
  await arrived
  const waiting = Array.from({ length: 4 }, () => large(vic))
  const refused = await Promise.race([large(vic), ...waiting])
  expect(refused).toMatchObject({
    status: 429,
    body: { error: { code: 'RATE_LIMITED', retryable: true, retry_after_ms: 1_000 } },
  })
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await app.api('GET', '/graph?session_id=small', undefined, ann)).toMatchObject({
    status: 200,
  })
  watched.release()
  for (const each of [first, ...waiting]) expect((await each).status).toBe(200)
})

test('[LIM16] a user who reads much is told when to come again; others read on', async () => {
  const { app } = await withViewer(['--work-rate-per-user', '1:10'])
  await using _ = app
  const read = (who: object) => app.api('GET', '/sessions/s/changes', undefined, who)
  expect((await read(vic)).status).toBe(200)
  expect((await read(vic)).status).toBe(200)
  const { status, body } = await read(vic)
  expect([status, body.error]).toMatchObject([429, { code: 'RATE_LIMITED' }])
  expect((body.error as { retry_after_ms: number }).retry_after_ms).toBeGreaterThan(1_000)
  expect((await read(ann)).status).toBe(200)
})

test('[LIM16] a join that asks for much that was missed is charged as a read', async () => {
  const { app } = await withViewer(['--work-rate-per-user', '1:10'])
  await using _ = app
  const token = vic.authorization.slice('Bearer '.length)
  const client = await app.client({ auth: { token } })
  const join = (rest: object) => client.ask('join_session', { session_id: 's', ...rest })
  const resume = { stream: 'changes', last_seq: 0 }
  expect(await join(resume)).toMatchObject({ ok: true, seq: 1 })
  expect(await join(resume)).toMatchObject({ ok: true })
  expect(await join(resume)).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED' } })
  expect(await join({})).toMatchObject({ ok: true })
})

test.each([
  ['a few small entries, however large older ones are', 1, [{ seq: 2 }, { seq: 3 }]],
  ['large entries that are in memory', 0, [{ seq: 1 }, { seq: 2 }, { seq: 3 }]],
])('[LIM16] a crowd that has missed %s comes back at once', async (_missed, last_seq, entries) => {
  const { app } = await withViewer(['--max-large-reads', '1'])
  await using _ = app
  await create(app, 's')
  await create(app, 's')
  const token = vic.authorization.slice('Bearer '.length)
  const clients = await Promise.all(
    Array.from({ length: 30 }, () => app.client({ auth: { token } })),
  )
  const resume = { session_id: 's', stream: 'changes', last_seq }
  const joined = await Promise.all(clients.map((client) => client.ask('join_session', resume)))
  expect(joined).toMatchObject(clients.map(() => ({ ok: true, entries })))
})
