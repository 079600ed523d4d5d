import { expect, test } from 'vitest'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'

type Entry = { seq: number; command_id: string }

async function join(client: RawClient, rest: object = {}): Promise<Record<string, unknown>> {
  return client.ask('join_session', { session_id: 's', stream: 'changes', ...rest })
}

async function createNodes(writer: RawClient, count: number): Promise<void> {
  const data = { blueprint_type_id: 'task', name: 'a' }
  await Promise.all(Array.from({ length: count }, () => writer.execute('s', 'CreateNode', data)))
}

/** Seqs in the answer to a join, and in the frames after it. */
function seqs(client: RawClient): number[] {
  const answered = (client.of('joined')[0]?.entries ?? []) as Entry[]
  const followed = client.of('session:changes').flatMap((frame) => frame.entries as Entry[])
  return [...answered, ...followed].map((entry) => entry.seq)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

async function withThreeEntries(app: TestApp): Promise<TestApp> {
  await createNodes(await (await app.client()).join('s'), 3)
  return app
}

test.each([
  { last_seq: 3, expected: [] },
  { last_seq: 2, expected: [3] },
  { last_seq: 0, expected: [1, 2, 3] },
])('[SYNC1] a join with last_seq $last_seq gets the entries after it', async (row) => {
  await using app = await withThreeEntries(await quickApp())
  const client = await app.client()
  const answer = await join(client, { last_seq: row.last_seq })
  expect(answer).toMatchObject({ ok: true, seq: 3 })
  expect((answer.entries as Entry[]).map((entry) => entry.seq)).toEqual(row.expected)
  expect(answer).not.toHaveProperty('snapshot_required')
  // The event and the acknowledgement say the same.
  const { ok: _ok, ...joined } = answer
  expect(client.of('joined')).toEqual([joined])
})

test('[SYNC1] the entries are those of the journal', async () => {
  await using app = await withThreeEntries(await quickApp())
  const answer = await join(await app.client(), { last_seq: 0 })
  const { body } = await app.api('GET', '/sessions/s/changes?after_seq=0')
  expect(answer.entries).toEqual(body.entries)
})

test.each(['websocket', 'polling'])(
  '[SYNC1] clients who missed more or less of large entries get them whole, by %s',
  async (transport) => {
    await using app = await quickApp()
    const writer = await (await app.client()).join('s')
    for (const text of ['é', 'x', '😀']) {
      const properties = { text: text.repeat(30_000) }
      await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', properties })
    }
    const { body } = await app.api('GET', '/sessions/s/changes?after_seq=0')
    const entries = body.entries as Entry[]
    for (const last_seq of [1, 0, 2, 3]) {
      const client = await app.client({ transports: [transport] })
      const answer = await join(client, { last_seq })
      expect(answer.entries).toEqual(entries.slice(last_seq))
      expect(client.of('joined')).toMatchObject([{ entries: entries.slice(last_seq) }])
    }
  },
)

test('[SYNC1] a last_seq ahead of the session needs a snapshot', async () => {
  await using app = await withThreeEntries(await quickApp())
  const answer = await join(await app.client(), { last_seq: 4 })
  expect(answer).toMatchObject({ ok: true, snapshot_required: true })
  expect(answer).not.toHaveProperty('entries')
})

test('[SYNC3] a client of another epoch needs a snapshot, one of the same does not', async () => {
  await using app = await withThreeEntries(await quickApp())
  const { epoch } = await join(await app.client())
  expect(await join(await app.client(), { last_seq: 3, epoch })).toMatchObject({ entries: [] })
  const other = await join(await app.client(), { last_seq: 3, epoch: 'another' })
  expect(other).toMatchObject({ ok: true, epoch, snapshot_required: true })
})

test('[SYNC1] more entries than are kept at hand need a snapshot', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  await createNodes(writer, 2_001)
  expect(await join(await app.client(), { last_seq: 0 })).toMatchObject({ snapshot_required: true })
  const near = await join(await app.client(), { last_seq: 1_501 })
  expect((near.entries as Entry[]).map((entry) => entry.seq)).toEqual(range(1_502, 2_001))
})

test('[SYNC1] [SYNC4] the entries of an answer never exceed the message limit', async () => {
  await using app = await quickApp()
  const writer = await app.client()
  await writer.join('s')
  // Three bytes for each character: counted as characters these would seem to fit.
  const name = '題'.repeat(4_000)
  for (let i = 0; i < 100; i += 1) {
    await writer.execute('s', 'CreateNode', { blueprint_type_id: 'task', name })
  }
  const joiner = await app.client()
  for (const last_seq of range(0, 99)) {
    const answer = await join(joiner, { last_seq })
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(1_000_000)
  }
})

test('[SYNC1] after a restart a client at the current seq still needs no snapshot', async () => {
  await using app = await withThreeEntries(await testApp())
  await using again = await app.restart()
  expect(await join(await again.client(), { last_seq: 3 })).toMatchObject({ seq: 3, entries: [] })
})

test('[SYNC1] a commit under way is not in the answer and comes once, as a frame', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const writer = await (await app.client()).join('s')
  const arrived = held.hold()
  const ack = writer.execute('s', 'CreateNode', { blueprint_type_id: 'task' })
  await arrived
  const joiner = await app.client()
  expect(await join(joiner, { last_seq: 0 })).toMatchObject({ seq: 0, entries: [] })
  held.release()
  await ack
  await joiner.settled()
  expect(seqs(joiner)).toEqual([1])
})

test('[SYNC1] joins amid commits miss no entry and get none twice', async () => {
  await using app = await quickApp()
  const writer = await (await app.client()).join('s')
  const joiners = await Promise.all(Array.from({ length: 12 }, () => app.client()))
  const written = createNodes(writer, 300)
  for (const [i, joiner] of joiners.entries()) {
    await join(joiner, { last_seq: 0 })
    await writer.next('node-created', (event) => Number(event.seq) > i * 20)
  }
  await written
  await Promise.all(joiners.map((joiner) => joiner.settled()))
  for (const joiner of joiners) expect(seqs(joiner)).toEqual(range(1, 300))
})

test.each([
  ['a negative last_seq', { last_seq: -1 }],
  ['a fraction', { last_seq: 1.5 }],
  ['text', { last_seq: '1' }],
  ['an unknown stream', { stream: 'everything' }],
  ['an unknown field', { since: 3 }],
])('[SYNC1] %s is refused, and nothing is joined', async (_title, rest) => {
  await using app = await quickApp()
  const client = await app.client()
  expect(await join(client, rest)).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
  expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
})
