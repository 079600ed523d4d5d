import { expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'
import { quickApp, type RawClient } from './harness.js'

const create = (node_id: string) => ({ blueprint_type_id: 'task', name: 'a', node_id })

/** Sets a property so many times, each time to a text of that length. */
async function write(
  client: RawClient,
  count: number,
  length = 1,
  session_id = 's',
): Promise<void> {
  const texts = Array.from({ length: count }, (_, i) => String(i).padEnd(length, 'x'))
  const acks = await Promise.all(
    texts.map((new_value) =>
      client.execute(session_id, 'UpdateProperty', { node_id: 'n', property_id: 'p', new_value }),
    ),
  )
  expect(acks.filter(({ ok }) => !ok)).toEqual([])
}

/** Calls of `writeSnapshot` that wait until they are let through, and ends of `truncate`. */
class WatchedJournal {
  readonly real = createMemoryJournal()
  readonly seqs: number[] = []
  readonly journal: Journal
  failing = false
  /** Whether calls wait. */
  holding = true
  #calls: (() => void)[] = []
  #arrivals: (() => void)[] = []
  #removed: (() => void)[] = []

  constructor() {
    this.journal = {
      ...this.real,
      writeSnapshot: async (session_id, seq, parts) => {
        this.seqs.push(seq)
        const passed = new Promise<void>((resolve) => this.#calls.push(resolve))
        for (const resolve of this.#arrivals.splice(0)) resolve()
        if (this.holding) await passed
        if (this.failing) throw new StorageError('The disk is full')
        await this.real.writeSnapshot(session_id, seq, parts)
      },
      truncate: async (session_id, truncation) => {
        const removed = await this.real.truncate(session_id, truncation)
        if (removed < truncation.limit) for (const resolve of this.#removed.splice(0)) resolve()
        return removed
      },
    }
  }

  /** Resolves when so many snapshots in all have come to be written. */
  async come(count: number): Promise<void> {
    while (this.seqs.length < count) {
      await new Promise<void>((resolve) => this.#arrivals.push(resolve))
    }
  }

  /** Lets those that wait be written. */
  pass(): void {
    for (const resolve of this.#calls.splice(0)) resolve()
  }

  /** Resolves when old entries are removed next. */
  removed(): Promise<void> {
    return new Promise((resolve) => this.#removed.push(resolve))
  }
}

async function started(args: string[] = []) {
  const watched = new WatchedJournal()
  const app = await quickApp({ journal: watched.journal, args })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', create('n'))
  return { watched, app, client }
}

test('[UNDO1] a snapshot is written after 1,000 entries, and when long texts would take long to read', async () => {
  const { watched, app, client } = await started()
  await using _ = app
  await write(client, 998)
  expect(watched.seqs).toEqual([])
  await write(client, 1)
  await watched.come(1)
  expect(watched.seqs).toEqual([1_000])
  watched.pass()
  // Six megabytes are read in a moment, and would be written again and again.
  for (let i = 0; i < 6; i++) await write(client, 10, 100_000)
  expect(watched.seqs).toHaveLength(1)
  for (let i = 0; i < 14; i++) await write(client, 10, 100_000)
  await watched.come(2)
  watched.holding = false
  watched.pass()
})

test('[CMD3] one snapshot of a session at a time; commands go on meanwhile', async () => {
  const { watched, app, client } = await started()
  await using _ = app
  await write(client, 1_000)
  await watched.come(1)
  await write(client, 7_000)
  expect(watched.seqs).toHaveLength(1)
  watched.pass()
  await watched.come(2)
  expect(watched.seqs[1]).toBe(8_001)
  watched.pass()
  await write(client, 10)
  expect(watched.seqs).toHaveLength(2)
})

test('what comes during a snapshot needs another one only if it is much beside that', async () => {
  const { watched, app, client } = await started()
  await using _ = app
  await write(client, 999)
  await watched.come(1)
  // As many again, which would do for a session without a snapshot.
  await write(client, 1_200)
  watched.holding = false
  watched.pass()
  for (let i = 0; i < 3; i++) await write(client, 50)
  expect(watched.seqs).toEqual([1_000])
})

test('one snapshot at a time; other sessions wait for their turn', async () => {
  const { watched, app, client } = await started()
  await using _ = app
  await write(client, 999)
  await watched.come(1)
  const other = await (await app.client()).join('other')
  await other.execute('other', 'CreateNode', create('n'))
  await write(other, 1_010, 1, 'other')
  expect(watched.seqs).toEqual([1_000])
  watched.pass()
  await watched.come(2)
  // What came while it waited is in it.
  expect(watched.seqs).toEqual([1_000, 1_011])
  watched.holding = false
  watched.pass()
})

test('[CMD3] a snapshot that cannot be written fails no command, and another follows', async () => {
  const { watched, app, client } = await started()
  await using _ = app
  watched.failing = true
  await write(client, 1_000)
  await watched.come(1)
  watched.pass()
  await write(client, 500)
  watched.failing = false
  await write(client, 600)
  await watched.come(2)
  watched.pass()
  expect(watched.seqs).toHaveLength(2)
})

test('[SYNC6] [IDEM4] with --retain-entries the oldest go once a snapshot covers them', async () => {
  const { watched, app, client } = await started(['--retain-entries', '10'])
  await using _ = app
  const removed = watched.removed()
  const first = { node_id: 'n', property_id: 'first', new_value: 1 }
  const ack = await client.execute('s', 'UpdateProperty', first, { command_id: 'first' })
  await write(client, 1_000)
  await watched.come(1)
  watched.pass()
  await removed
  const snapshot = watched.seqs[0] ?? 0
  const from = snapshot - 10
  expect(await app.api('GET', '/sessions/s/changes?after_seq=0')).toMatchObject({
    status: 410,
    body: { error: { code: 'HISTORY_TRUNCATED' } },
  })
  const kept = await app.api('GET', `/sessions/s/changes?after_seq=${from}&limit=1000`)
  const { entries } = kept.body as { entries: { seq: number }[] }
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => from + 1 + i))
  watched.holding = false
  // Another server over the same data: nothing of this is in memory.
  const graph = (await app.api('GET', '/graph?session_id=s')).body
  await using again = await quickApp({ journal: watched.journal })
  expect((await again.api('GET', '/graph?session_id=s')).body).toEqual(graph)
  const late = await (await again.client()).join('s')
  const retry = await late.execute('s', 'UpdateProperty', first, { command_id: 'first' })
  expect(retry).toEqual({ ...ack, duplicate: true })
  const other = { ...first, new_value: 2 }
  expect(await late.execute('s', 'UpdateProperty', other, { command_id: 'first' })).toMatchObject({
    error: { code: 'COMMAND_ID_REUSED' },
  })
  const resumed = await late.ask('join_session', {
    session_id: 's',
    stream: 'changes',
    last_seq: 1,
  })
  expect(resumed).toMatchObject({ ok: true, snapshot_required: true })
  const undone = await Promise.all(
    Array.from({ length: 1_000 }, () => late.ask('undo_command', { session_id: 's' })),
  )
  expect(undone.filter(({ ok }) => !ok)).toEqual([])
  // A stack keeps 1,000 steps: all of the writes, not the first command.
  const node = (await again.api('GET', '/sessions/s/nodes/n')).body.node
  expect(node).toMatchObject({ properties: { first: 1 } })
  expect(node).not.toHaveProperty('properties.p')
})

test('[STORE3] --retain-days counts by the clock, and keeps what the other limit keeps', async () => {
  const watched = new WatchedJournal()
  let time = Date.parse('2026-01-01T00:00:00.000Z')
  const now = () => new Date(time).toISOString()
  const args = ['--retain-days', '2', '--retain-entries', '100']
  await using app = await quickApp({ journal: watched.journal, args, now })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', create('n'))
  await write(client, 600)
  time += 3 * 86_400_000
  const removed = watched.removed()
  await write(client, 399)
  await watched.come(1)
  watched.pass()
  await removed
  expect(await watched.real.firstSeq('s')).toBe(602)
})

test('[SYNC5] [STORE2] a server that ends writes out what would be long to replay, and only that', async () => {
  const { watched, app, client } = await started()
  watched.holding = false
  await client.execute('s', 'UpdateProperty', { node_id: 'n', property_id: 'p', new_value: 0 })
  const graph = async (from: typeof app) =>
    (await from.api('GET', '/graph?session_id=s')).body as object
  const again = await app.restart()
  expect(watched.seqs).toEqual([])
  const other = await (await again.client()).join('s')
  await write(other, 3, 300_000)
  const before = await graph(again)
  await using last = await again.restart()
  expect(watched.seqs).toEqual([5])
  expect(await graph(last)).toEqual(before)
})
