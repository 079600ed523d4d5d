import { join as path } from 'node:path'
import { expect, test } from 'vitest'
import { createMemoryJournal, openSqliteJournal, type Journal } from '../src/journal/index.js'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { temporaryDirectory } from './journal-directory.js'
import { WatchedJournal } from './watched-journal.js'

type Entry = { seq: number }

const TASK = { blueprint_type_id: 'task', name: 'a' }

function join(client: RawClient, last_seq: number, rest: object = {}) {
  return client.ask('join_session', { session_id: 's', stream: 'changes', last_seq, ...rest })
}

async function write(app: TestApp, count: number, data: object = TASK): Promise<void> {
  const writer = await app.client()
  await writer.join('s')
  await Promise.all(Array.from({ length: count }, () => writer.execute('s', 'CreateNode', data)))
  writer.socket.disconnect()
}

/** Seqs in the answer to the last join, and in the frames after it. */
function seqs(client: RawClient): number[] {
  const answered = (client.of('joined').at(-1)?.entries ?? []) as Entry[]
  const followed = client.of('session:changes').flatMap((frame) => frame.entries as Entry[])
  return [...answered, ...followed].map((entry) => entry.seq)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

const entrySeqs = (answer: Record<string, unknown>) =>
  (answer.entries as Entry[] | undefined)?.map(({ seq }) => seq)

/** A server that was restarted after so many entries; the snapshot is that of seq 1,000. */
async function restarted(count: number, real: Journal = createMemoryJournal()) {
  const watched = new WatchedJournal(real)
  const before = await quickApp({ journal: watched.journal })
  await write(before, count)
  const app = await before.restart()
  return { watched, app }
}

test('[SYNC1] [SYNC5] a thousand joins with a small gap never ask the journal', async () => {
  await using directory = await temporaryDirectory()
  const real = await openSqliteJournal({ file: path(directory.path, 'j.db'), durability: 'full' })
  const watched = new WatchedJournal(real)
  await using app = await testApp({ journal: watched.journal })
  await write(app, 40)
  const client = await app.client()
  watched.calls()
  for (let i = 0; i < 1_000; i += 1) {
    const last_seq = 20 + (i % 20)
    expect(entrySeqs(await join(client, last_seq))).toEqual(range(last_seq + 1, 40))
  }
  expect(watched.calls()).toEqual([])
})

test('[SYNC5] after a restart what was missed is in memory again', async () => {
  const { watched, app: again } = await restarted(60)
  await using app = again
  watched.calls()
  const answers = await Promise.all(
    range(1, 50).map(async (last_seq) => join(await app.client(), last_seq)),
  )
  for (const [i, answer] of answers.entries()) {
    expect(entrySeqs(answer)).toEqual(range(i + 2, 60))
  }
  expect(watched.calls()).toEqual(['loadSession'])
})

test('[SYNC5] what a snapshot covers is read once, for all who have missed it', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  watched.calls()
  const clients = await Promise.all(range(1, 30).map(() => app.client()))
  const answers = await Promise.all(clients.map((client, i) => join(client, 500 + i)))
  for (const [i, answer] of answers.entries()) {
    expect(entrySeqs(answer)).toEqual(range(501 + i, 1_000))
  }
  expect(watched.calls()).toEqual(['loadSession', ...Array(3).fill('entriesAfter')])
  await join(await app.client(), 600)
  expect(watched.calls()).toEqual([])
})

test.each([
  ['[SYNC5] a gap of 1,000 that is not in memory gets its entries', 500, range(501, 1_500)],
  ['[SYNC5] a wider one needs a snapshot', 499, undefined],
])('%s', async (_title, last_seq, expected) => {
  const { app: again } = await restarted(1_500)
  await using app = again
  const answer = await join(await app.client(), last_seq)
  expect(entrySeqs(answer)).toEqual(expected)
  expect(answer.snapshot_required).toBe(expected ? undefined : true)
})

test('[SYNC1] commits that land while entries are read come once, in the answer or after it', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  const client = await app.client()
  const arrived = watched.holdReads()
  const joining = join(client, 900)
  await arrived
  await write(app, 40)
  watched.release()
  await joining
  await write(app, 40)
  await client.settled()
  expect(seqs(client)).toEqual(range(901, 1_080))
})

test('[SYNC1] commits that push the gap out of memory meanwhile make a snapshot needed', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  const client = await app.client()
  const arrived = watched.holdReads()
  const joining = join(client, 990)
  await arrived
  await write(app, 2_001)
  watched.release()
  expect(await joining).toMatchObject({ ok: true, seq: 3_001, snapshot_required: true })
})

test('[SYNC4] [SYNC5] a gap that is larger than a message needs a snapshot', async () => {
  const journal = createMemoryJournal()
  const before = await quickApp({ journal })
  await write(before, 20, { ...TASK, properties: { text: 'a'.repeat(60_000) } })
  await using app = await before.restart()
  const client = await app.client()
  expect(await join(client, 1)).toMatchObject({ snapshot_required: true })
  expect(entrySeqs(await join(client, 10))).toEqual(range(11, 20))
})

test('[SYNC1] entries that are no longer kept make a snapshot needed', async () => {
  const journal = createMemoryJournal()
  const { app: again } = await restarted(1_010, journal)
  await using app = again
  expect(await journal.truncate('s', { before_seq: 901, limit: 1_000 })).toBe(900)
  const client = await app.client()
  expect(await join(client, 899)).toMatchObject({ ok: true, snapshot_required: true })
  expect(entrySeqs(await join(client, 900))).toEqual(range(901, 1_010))
})

test('[SYNC1] a storage that cannot be read makes a snapshot needed, and refuses nobody', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  watched.failReads()
  const answer = await join(await app.client(), 900)
  expect(answer).toMatchObject({ ok: true, seq: 1_000, snapshot_required: true })
})

test('[SYNC3] a client of another epoch makes nobody read entries', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  watched.calls()
  const answer = await join(await app.client(), 900, { epoch: 'another' })
  expect(answer).toMatchObject({ ok: true, snapshot_required: true })
  expect(watched.calls()).toEqual(['loadSession'])
})

test('[SYNC1] a session that is deleted while entries are read is another one when joined', async () => {
  const { watched, app: again } = await restarted(1_000)
  await using app = again
  const client = await app.client()
  const arrived = watched.holdReads()
  const joining = join(client, 900)
  await arrived
  await app.api('DELETE', '/sessions/s')
  watched.release()
  expect(await joining).toMatchObject({ ok: true, seq: 0, snapshot_required: true })
  await write(app, 1)
  await client.settled()
  expect(seqs(client)).toEqual([1])
})
