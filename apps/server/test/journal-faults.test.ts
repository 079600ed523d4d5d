import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { fold } from '../src/session/snapshot.js'
import { type Fault, FaultyStore } from './faulty-store.js'
import { quickApp, type TestApp } from './harness.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, receipt, session } from './journal-samples.js'

const FAULTS: Fault[] = ['before', 'after']

async function graphOf(app: TestApp): Promise<Record<string, unknown>> {
  return (await app.api('GET', '/graph?session_id=s')).body
}

/** What another server would read. */
async function onDisk({ journal }: FaultyStore): Promise<object> {
  const stored = await journal.loadSession('s')
  if (!stored) throw new Error('The session is gone')
  const { graph, seq } = fold(stored)
  return { seq, nodes: graph.nodes() }
}

const COMMANDS = [
  ['CreateNode', { blueprint_type_id: 'task', name: 'a' }],
  ['UpdateProperty', { node_id: 'n', property_id: 'p', new_value: 0 }],
  ['UpdateProperty', { node_id: 'n', property_id: 'name', new_value: 'n' }],
] as const

describe('reliability row 3: an append', { timeout: 0 }, () => {
  test.each(FAULTS)(
    '[CMD1] that fails at any step, %s it: nothing of it is there',
    async (fault) => {
      await using directory = await temporaryDirectory()
      const store = await FaultyStore.open(join(directory.path, 'journal.db'))
      await using app = await quickApp({ journal: store.journal })
      const client = await (await app.client()).join('s')
      const node = { blueprint_type_id: 'task', name: 'n', node_id: 'n' }
      await client.execute('s', 'CreateNode', node)
      let steps = 0
      for (let step = 1; ; step += 1) {
        const before = await graphOf(app)
        const send = () =>
          Promise.all(
            COMMANDS.map(([type, data], i) => {
              const fresh = i === 1 ? { ...data, new_value: step } : data
              return client.execute('s', type, fresh, { command_id: `${step}-${i}` })
            }),
          )
        client.clear()
        store.failAt(step, fault)
        const acks = await send()
        if (!store.repair()) break
        const refused = { ok: false, error: { code: 'STORAGE_UNAVAILABLE', retryable: true } }
        expect(acks).toMatchObject(acks.map(() => refused))
        expect(await graphOf(app)).toEqual(before)
        await client.settled()
        expect(client.names().filter((name) => name.startsWith('node-'))).toEqual([])
        // A commit whose success got lost is found out about by the next append.
        const again = await send()
        expect(again.map(({ ok }) => ok)).toEqual([true, true, true])
        const { seq, nodes } = await graphOf(app)
        expect(await onDisk(store)).toEqual({ seq, nodes })
        expect(seq).toBe(Number(before.seq) + 2)
        steps = step
      }
      // A begin, three rows, and a commit: filling the indexes is another matter.
      expect(steps).toBe(5)
    },
  )
})

/** Appends to two sessions until each has `count` entries, again when it fails; gives how often. */
async function persist({ journal }: FaultyStore, count: number): Promise<number> {
  let failures = 0
  for (;;) {
    const [base = 0] = (await journal.listSessions()).map(({ seq }) => seq)
    if (base === count) return failures
    const batches = ['s', 't'].map((id) => ({
      ...batch(id, base),
      receipts: [receipt(base + 1, `r${base + 1}`)],
    }))
    const outcomes = await journal.append(batches).catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error
      failures += 1
      return []
    })
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
  }
}

async function expectBoth({ journal }: FaultyStore, count: number): Promise<void> {
  for (const id of ['s', 't']) {
    const receipts = Array.from({ length: count }, (_, i) => receipt(i + 1, `r${i + 1}`))
    expect(await journal.loadSession(id)).toMatchObject({ entries: bodies(1, count), receipts })
    expect(await journal.entriesAfter(id, 0, 1_000)).toEqual(bodies(1, count))
  }
}

describe('reliability row 3: filling the indexes', { timeout: 0 }, () => {
  test.each(FAULTS)(
    '[CMD3] that fails at any step, %s it: nothing is lost, nothing doubled',
    async (fault) => {
      await using directory = await temporaryDirectory()
      const fillAt = 6
      const seen = { refused: 0, unnoticed: 0 }
      for (let step = 1; ; step += 1) {
        const file = join(directory.path, `journal-${step}.db`)
        const store = await FaultyStore.open(file, fillAt)
        for (const id of ['s', 't']) await store.journal.createSession(session(id))
        store.failAt(step, fault)
        const failures = await persist(store, 6)
        const reached = store.repair()
        await expectBoth(store, 6)
        await store.journal.close()
        const again = await FaultyStore.open(file, fillAt)
        await expectBoth(again, 6)
        expect(await persist(again, 9)).toBe(0)
        await expectBoth(again, 9)
        await again.journal.close()
        if (!reached) break
        expect(failures).toBeLessThanOrEqual(1)
        seen[failures === 1 ? 'refused' : 'unnoticed'] += 1
      }
      // Six appends of four rows, six steps each; the rest fills indexes, which is put off when it fails.
      expect(seen.refused).toBe(36)
      expect(seen.unnoticed).toBeGreaterThan(10)
    },
  )
})

/** Twelve entries and a receipt, a snapshot at 4, and two entries removed. */
async function prepared(file: string): Promise<FaultyStore> {
  const store = await FaultyStore.open(file)
  await store.journal.createSession(session('s'))
  await store.journal.append([{ ...batch('s', 0, 12), receipts: [receipt(12, 'r')] }])
  await store.journal.writeSnapshot('s', 4, ['old', 'parts'])
  await store.journal.truncate('s', { before_seq: 3, limit: 100 })
  return store
}

const WRITES: [title: string, write: (store: FaultyStore) => Promise<unknown>][] = [
  ['a snapshot', ({ journal }) => journal.writeSnapshot('s', 10, ['new', 'parts', 'three'])],
  ['a truncation', ({ journal }) => journal.truncate('s', { before_seq: 5, limit: 100 })],
]

async function everything({ journal }: FaultyStore): Promise<object> {
  return {
    loaded: await journal.loadSession('s'),
    first: await journal.firstSeq('s'),
    kept: await journal.entriesAfter('s', 0, 100),
    c3: await journal.findCommand('s', 'c3'),
  }
}

describe.each(WRITES)('reliability row 3: %s', { timeout: 0 }, (_, write) => {
  test('that fails at any step leaves what was there, or is done, and works the next time', async () => {
    await using directory = await temporaryDirectory()
    let steps = 0
    for (let step = 1; ; step += 1) {
      const store = await prepared(join(directory.path, `journal-${step}.db`))
      const before = await everything(store)
      store.failAt(step, 'before')
      const outcome = await write(store).catch((error: unknown) => error)
      if (!store.repair()) break
      const left = await everything(store)
      await write(store)
      const after = await everything(store)
      expect(after).not.toEqual(before)
      // What can fail once it is done is to take away what it replaced.
      expect(outcome instanceof StorageError ? [before, after] : [after]).toContainEqual(left)
      expect(await store.journal.append([batch('s', 12)])).toEqual([{ ok: true }])
      expect(await store.journal.entriesAfter('s', 4, 100)).toEqual(bodies(5, 13))
      await store.journal.close()
      steps = step
    }
    expect(steps).toBeGreaterThan(3)
  })
})
