import { expect, onTestFinished, test, vi } from 'vitest'
import { type Appender, GroupCommitter } from '../src/session/committer.js'
import { createMetrics } from '../src/observability/metrics.js'
import { StorageError } from '../src/errors.js'
import { createMemoryJournal } from '../src/journal/index.js'
import type { AppendBatch } from '../src/journal/journal.js'
import { HeldJournal } from './held-journal.js'
import { batch, session } from './journal-samples.js'

type Step = 'take' | 'prepare' | 'settle'

/** A session with one command at a time, which fails at a step. */
class OneCommand implements Appender {
  readonly planned = 1
  settled = 0
  readonly failures: unknown[] = []
  readonly #session_id: string
  readonly #fails: Step | undefined

  constructor(session_id: string, fails?: Step) {
    this.#session_id = session_id
    this.#fails = fails
  }

  take() {
    this.#step('take')
    return batch(this.#session_id, this.settled)
  }
  prepare(): void {
    this.#step('prepare')
  }
  announce(): void {}
  settle(outcome: unknown): void {
    this.#step('settle')
    if (outcome instanceof StorageError) this.failures.push(outcome)
    else this.settled += 1
  }

  #step(step: Step): void {
    if (this.#fails === step) throw new Error(step)
  }
}

test.each(['take', 'prepare', 'settle'] as const)(
  'a session that fails to %s is told of, and the others go on',
  async (step) => {
    const journal = createMemoryJournal()
    for (const id of ['s', 't']) await journal.createSession(session(id))
    const faults: unknown[] = []
    const committer = new GroupCommitter(journal, createMetrics().instruments, (error) =>
      faults.push(error),
    )
    const [failing, sound] = [new OneCommand('s', step), new OneCommand('t')]
    for (let n = 1; n <= 3; n += 1) {
      // The one that fails comes first in its group.
      if (n === 1) committer.request(failing)
      committer.request(sound)
      await committer.drained()
      expect(sound.settled).toBe(n)
    }
    expect(faults).toEqual([new Error(step)])
    expect((await journal.findSession('t'))?.seq).toBe(3)
    // Whoever waits for what could not be taken is answered.
    expect(failing.failures).toMatchObject(step === 'take' ? [{ cause: new Error('take') }] : [])
  },
)

test('a command waits for those just answered no longer than the writes that it may save', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const held = new HeldJournal()
  await held.real.createSession(session('s'))
  const committer = new GroupCommitter(held.journal, createMetrics().instruments, (error) => {
    throw error
  })
  const alone = new OneCommand('s')
  const arrived = held.hold()
  committer.request(alone)
  await arrived
  // It comes while the first one is written, and whoever sent that one sends nothing else.
  committer.request(alone)
  vi.advanceTimersByTime(1)
  held.release()
  const turns = async (condition: () => boolean) => {
    for (let n = 0; n < 1_000 && !condition(); n += 1) await new Promise(setImmediate)
  }
  await turns(() => alone.settled === 1)
  vi.advanceTimersByTime(1)
  await turns(() => alone.settled === 2)
  expect(alone.settled).toBe(2)
})

test('nobody waits for the megabytes of another session', async () => {
  const journal = createMemoryJournal()
  for (const id of ['large', 'small']) await journal.createSession(session(id))
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const append = async (batches: AppendBatch[]) => {
    if (batches.some(({ session_id }) => session_id === 'large')) await held
    return await journal.append(batches)
  }
  const committer = new GroupCommitter({ append }, createMetrics().instruments, (error) => {
    throw error
  })
  const [large, small] = [new OneCommand('large'), new OneCommand('small')]
  const taken = large.take.bind(large)
  large.take = () => {
    const { commits, ...rest } = taken()
    return { ...rest, commits: commits.map((one) => ({ ...one, body: 'x'.repeat(1_000_000) })) }
  }
  committer.request(large)
  for (let n = 1; n <= 3; n += 1) {
    committer.request(small)
    while (small.settled < n) await new Promise(setImmediate)
  }
  expect(large.settled).toBe(0)
  release()
  await committer.drained()
  expect([large.settled, small.settled]).toEqual([1, 3])
})
