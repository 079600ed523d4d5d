import { expect } from 'vitest'
import type { Honest } from './honest.js'
import type { Judge } from './judge.js'
import { IS_LONG } from './scale.js'
import type { Kept, Subject } from './subject.js'

/** What was attacked, who looked on, and what the server held before. */
export type Aftermath = {
  subject: Subject
  honest: Honest
  judge: Judge
  baseline: Kept
  /** How to do the same again. */
  repeat: string
}

/** Entries, graphs and ids that attackers were allowed to make; a leak per input is more. */
const MAY_KEEP_BYTES = 32 * 1024 * 1024

/** The honest, and connections that are kept for the next request; a leak is one for each attack. */
const MAY_KEEP_SOCKETS = 40

/** A client that went without a word is noticed when it misses its heartbeat, after 45 s. */
const HEARTBEAT_MS = 50_000

/** What the server holds once its code is compiled and its caches are filled. */
export async function warmedUp(subject: Subject, warm: () => Promise<void>): Promise<Kept> {
  await warm()
  return subject.kept()
}

/** The server lives, said nothing wrong, forgets, and the honest noticed nothing. */
export async function expectUnharmed(aftermath: Aftermath): Promise<void> {
  const { subject, honest, judge, baseline, repeat } = aftermath
  // The first says how to repeat what the others are about.
  expect([repeat, subject.died()]).toEqual([repeat, undefined])
  expect([repeat, judge.faults]).toEqual([repeat, []])
  expect([repeat, subject.faults()]).toEqual([repeat, []])
  expect([repeat, await honest.finish()]).toEqual([repeat, []])
  if (IS_LONG) await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS))
  // The quicker the attackers are, the more of them wait for that.
  await expect
    .poll(async () => (await subject.kept()).sockets, { interval: 1_000 })
    .toBeLessThan(MAY_KEEP_SOCKETS)
  const kept = await subject.kept()
  console.info(
    `${repeat}: ${baseline.bytes} bytes before, ${kept.bytes} after; sockets ${kept.sockets}`,
  )
  expect(kept.bytes - baseline.bytes).toBeLessThan(MAY_KEEP_BYTES)
}
