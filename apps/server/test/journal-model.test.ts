import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import type { AppendBatch, Journal } from '../src/journal/journal.js'
import { receipt, session } from './journal-samples.js'
import { temporaryStore, type LocalStore } from './local-store.js'

// fast-check prints seed and path of a failure; `fc.assert(…, { seed, path })` repeats it.

/** `pnpm test:long` has more. */
const RUNS = process.env['TALUS_MATRIX'] === 'whole' ? 100 : 10

const SESSIONS = ['a', 'b', 'c']

const session_id = fc.constantFrom(...SESSIONS)
const anybody = fc.constantFrom(...SESSIONS, ...SESSIONS, 'nobody')

const asked = fc.record({
  session_id: anybody,
  /** How far its `base_seq` is from where it should be. */
  off: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1),
  commits: fc.oneof(
    { weight: 9, arbitrary: fc.nat(6) },
    { weight: 1, arbitrary: fc.constantFrom(128, 129, 300) },
  ),
  receipts: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  /** Which of the ids that were used before comes again. */
  repeats: fc.option(fc.nat(), { freq: 12 }),
  length: fc.constantFrom(10, 10, 10, 10, 10, 500, 100_000),
})

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never

const seq = fc.nat(400)

const operation = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant('append' as const),
      batches: fc.array(asked, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('create' as const), session_id }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('delete' as const), session_id }) },
  {
    weight: 2,
    // Per thousand of the history, and sometimes beyond its end.
    arbitrary: fc.record({ what: fc.constant('snapshot' as const), session_id, at: fc.nat(1_050) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('truncate' as const),
      session_id,
      before_seq: seq,
      limit: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('find' as const), session_id, id: fc.nat() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('entries' as const),
      session_id,
      after_seq: seq,
      limit: seq,
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('look' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('reopen' as const),
      ending: fc.constantFrom('close' as const, 'crash' as const),
    }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

/** Makes the calls that the operations stand for: the same for both journals. */
class Calls {
  readonly #model: Journal
  readonly ids: string[] = []

  constructor(model: Journal) {
    this.#model = model
  }

  async lastSeqs(): Promise<Map<string, number>> {
    const all = await this.#model.listSessions()
    return new Map(all.map((one) => [one.session_id, one.seq]))
  }

  async batches(many: readonly Asked[]): Promise<AppendBatch[]> {
    const ends = await this.lastSeqs()
    return many.map((one) => {
      const end = ends.get(one.session_id) ?? 0
      ends.set(one.session_id, end + one.commits)
      return this.#batch(one, Math.max(0, end + one.off))
    })
  }

  #batch({ session_id, commits, receipts, repeats, length }: Asked, base_seq: number): AppendBatch {
    const repeated = repeats === null ? undefined : this.ids[repeats % this.ids.length]
    return {
      session_id,
      base_seq,
      commits: Array.from({ length: commits }, (_, i) => {
        const command_id = i === 1 && repeated ? repeated : this.#id()
        const at = base_seq + 1 + i
        const ack = i === 2 ? { ok: true as const, command_id, seq: at, result: [at] } : null
        const body = JSON.stringify({ seq: at, command_id, text: 'é'.repeat(length) })
        return { seq: at, command_id, payload_hash: `hash of ${command_id}`, body, ack }
      }),
      receipts: Array.from({ length: receipts }, (_, i) => ({
        ...receipt(base_seq + Math.min(i, commits), this.#id()),
        consumes:
          i === 1 ? { kind: 'undo' as const, actor_id: 'ann', target_command_id: 'c1' } : null,
      })),
    }
  }

  #id(): string {
    const id = `c${this.ids.length}`
    this.ids.push(id)
    return id
  }
}

/** An operation, as what it asks of a journal; undefined for one that is not of a journal. */
async function callOf(operation: Operation, calls: Calls) {
  switch (operation.what) {
    case 'append': {
      const batches = await calls.batches(operation.batches)
      return (journal: Journal) => journal.append(batches)
    }
    case 'create': {
      const record = session(operation.session_id)
      return (journal: Journal) => journal.createSession(record)
    }
    case 'delete':
      return (journal: Journal) => journal.deleteSession(operation.session_id)
    case 'snapshot': {
      const end = (await calls.lastSeqs()).get(operation.session_id) ?? 0
      const at = Math.ceil((end * operation.at) / 1_000)
      return (journal: Journal) =>
        journal.writeSnapshot(operation.session_id, at, [`snapshot of ${at}`, 'more'])
    }
    case 'truncate': {
      const { before_seq, limit } = operation
      return (journal: Journal) => journal.truncate(operation.session_id, { before_seq, limit })
    }
    case 'find': {
      const id = calls.ids[operation.id % calls.ids.length] ?? 'none'
      return (journal: Journal) => journal.findCommand(operation.session_id, id)
    }
    case 'entries':
      return (journal: Journal) =>
        journal.entriesAfter(operation.session_id, operation.after_seq, operation.limit)
    case 'look':
      return everything
    case 'reopen':
      return undefined
    default:
      return operation satisfies never
  }
}

/** In turn: calls of a store on this thread must not overlap. */
async function everything(journal: Journal): Promise<unknown> {
  const sessions = []
  for (const id of SESSIONS) {
    const loaded = await journal.loadSession(id)
    const entries = await journal.entriesAfter(id, 0, 1_000_000)
    sessions.push({ loaded, entries, first: await journal.firstSeq(id) })
  }
  return { list: await journal.listSessions(), sessions }
}

/** What is answered; a bug of the caller is an answer too. */
async function answer(call: (journal: Journal) => Promise<unknown>, journal: Journal) {
  try {
    return await call(journal)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { thrown: error.message }
  }
}

async function expectAlike(store: LocalStore, operations: readonly Operation[]): Promise<void> {
  const model = createMemoryJournal()
  const calls = new Calls(model)
  for (const operation of operations) {
    if (operation.what === 'reopen') await store.reopen(operation.ending)
    const call = (await callOf(operation, calls)) ?? everything
    expect(await answer(call, store.journal)).toEqual(await answer(call, model))
  }
  for (const id of SESSIONS) {
    for (const command_id of calls.ids.slice(-100)) {
      const find = (journal: Journal) => journal.findCommand(id, command_id)
      expect(await find(store.journal)).toEqual(await find(model))
    }
  }
  await store.reopen('close')
  expect(await everything(store.journal)).toEqual(await everything(model))
}

/** It has one session indexed, and no more was behind when the journal was closed. */
const INDEXED_BY_A_SNAPSHOT: [number, Operation[]] = [
  5,
  [
    {
      what: 'append',
      batches: [{ session_id: 'a', off: 0, commits: 1, receipts: 0, repeats: null, length: 10 }],
    },
    { what: 'truncate', session_id: 'a', before_seq: 0, limit: 1 },
    { what: 'snapshot', session_id: 'a', at: 0 },
  ],
]

const fillAt = fc.constantFrom(0, 1, 5, 50, 400, 100_000)

test(
  '[CMD5] [STORE1] whatever is behind the indexes, the journal answers like the one in memory',
  { timeout: 0 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fillAt,
        fc.array(operation, { minLength: 5, maxLength: 45, size: 'max' }),
        async (threshold, operations) => {
          await using opened = await temporaryStore(threshold)
          const created = SESSIONS.map((id) => ({ what: 'create' as const, session_id: id }))
          await expectAlike(opened.store, [...created, ...operations])
          expect(opened.store.behind()).toBe(0)
        },
      ),
      { numRuns: RUNS, examples: [INDEXED_BY_A_SNAPSHOT] },
    )
  },
)
