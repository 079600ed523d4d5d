import { expect, test } from 'vitest'
import { ReadQueue } from '../src/journal/sqlite/open.js'
import { Intake } from '../src/sockets/requests.js'
import { SpacedWork } from '../src/turns.js'

type Read = { about: string; end: () => void }

/** A queue, and what it has begun to read, in order. */
function opened() {
  const queue = new ReadQueue()
  const begun: Read[] = []
  const read = (about: string) =>
    queue.run(about, () => new Promise<void>((end) => begun.push({ about, end })))
  return { queue, begun, read }
}

test('reads begin a few at a time, those about different sessions in turns', async () => {
  const { begun, read } = opened()
  const many = Array.from({ length: 1_000 }, () => read('crowded'))
  const few = read('quiet')
  const atOnce = begun.length
  expect(atOnce).toBeLessThan(10)
  // One of them ends; one more of the same begins, and then it is the turn of the other session.
  begun[0]?.end()
  await many[0]
  begun[1]?.end()
  await many[1]
  expect(begun.map(({ about }) => about).indexOf('quiet')).toBe(atOnce + 1)
  for (let at = 2; at < begun.length; at += 1) {
    begun[at]?.end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all([...many, few])
  expect(begun).toHaveLength(1_001)
})

test('a read that fails lets the next one begin', async () => {
  const { queue } = opened()
  const fail = () => Promise.reject(new Error('damaged'))
  const failing = Array.from({ length: 20 }, () => queue.run('s', fail))
  for (const each of failing) await expect(each).rejects.toThrow('damaged')
  expect(await queue.run('s', async () => 'read')).toBe('read')
})

test('all begin when nothing else is going to come', () => {
  const { queue, begun, read } = opened()
  for (let n = 0; n < 50; n += 1) void read(`session ${n % 3}`)
  queue.hurry()
  expect(begun).toHaveLength(50)
})

test('thousands of messages of a socket are handled in order, and one of another goes before most of them', async () => {
  let held = 0
  const reading = { hold: () => (held += 1), readOn: () => (held -= 1) }
  const [crowded, quiet] = [new Intake(reading), new Intake(reading)]
  const handled: (number | string)[] = []
  const handle = (what: number | string) => () => {
    // As long as a command takes.
    for (const end = performance.now() + 0.05; performance.now() < end;);
    handled.push(what)
  }
  const LAST = 3_000
  for (let n = 0; n < LAST; n += 1) crowded.take(handle(n), 100)
  quiet.take(handle('quiet'), 100)
  expect(held).toBe(1)
  while (handled.length <= LAST) await new Promise((resolve) => setImmediate(resolve))
  expect(held).toBe(0)
  expect(handled.indexOf('quiet')).toBeLessThan(LAST / 2)
  expect(handled.filter((what) => what !== 'quiet')).toEqual(
    Array.from({ length: LAST }, (_, n) => n),
  )
})

test('what comes in one piece leaves others a turn between two of them', async () => {
  const spaced = new SpacedWork(5)
  const turnsAt: number[] = []
  let turns = 0
  let isDone = false
  const count = () => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const piece = () => {
    turnsAt.push(turns)
    const began = performance.now()
    while (performance.now() - began < 5);
  }
  await Promise.all(Array.from({ length: 4 }, () => spaced.run(piece)))
  isDone = true
  const between = turnsAt.slice(1).map((at, n) => at - (turnsAt[n] ?? 0))
  expect(Math.min(...between)).toBeGreaterThan(1)
})
