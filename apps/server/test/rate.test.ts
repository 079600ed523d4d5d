import { expect, test } from 'vitest'
import { Budget, Budgets, RateLimit } from '../src/limits/rate.js'
import { SharedRates, TELL_USES_MS } from '../src/limits/shared-rates.js'

const RATE = { perSecond: 10, burst: 5 }

function takeAll(budget: Budget, now: number): number {
  let taken = 0
  while (budget.take(RATE, now) === 0) taken += 1
  return taken
}

test('[LIM6] so many at once, and afterwards so many a second', () => {
  const budget = new Budget()
  expect(takeAll(budget, 0)).toBe(5)
  expect(takeAll(budget, 100)).toBe(1)
  expect(takeAll(budget, 400)).toBe(3)
  expect(takeAll(budget, 60_000)).toBe(5)
})

test('[LIM6] over a long time no more than the rate, however often it is tried', () => {
  const budget = new Budget()
  let taken = 0
  for (let now = 0; now < 60_000; now += 1) if (budget.take(RATE, now) === 0) taken += 1
  expect(taken).toBeGreaterThan(590)
  expect(taken).toBeLessThanOrEqual(605)
})

test('[LIM6] whoever waits as long as told is let through; a refusal takes nothing', () => {
  const budget = new Budget()
  takeAll(budget, 0)
  const wait = budget.take(RATE, 10)
  for (let now = 10; now < 10 + wait; now += 1) expect(budget.take(RATE, now)).toBeGreaterThan(0)
  expect(budget.take(RATE, 10 + wait)).toBe(0)
})

test('[LIM6] what was sent together is refused together: nothing overtakes', () => {
  const budget = new Budget()
  const fast = { perSecond: 1_000, burst: 5 }
  while (budget.take(fast, 0) === 0);
  for (let now = 1; now < 100; now += 1) expect(budget.take(fast, now)).toBeGreaterThan(0)
  expect(budget.take(fast, 100)).toBe(0)
})

test('[LIM6] what costs more than the burst takes all of it', () => {
  const budget = new Budget()
  expect(budget.take(RATE, 0, 1_000)).toBe(0)
  expect(takeAll(budget, 0)).toBe(0)
  expect(budget.isWhole(400)).toBe(false)
  expect(budget.isWhole(500)).toBe(true)
})

test('[LIM6] each key has its own budget, and what is whole again is forgotten', () => {
  let now = 0
  const budgets = new Budgets(RATE, () => now)
  for (let key = 0; key < 900; key += 1) expect(budgets.take(`k${key}`, 5)).toBe(0)
  expect(budgets.take('k0')).toBeGreaterThan(0)
  expect(budgets.peek('k0')).toBeGreaterThan(0)
  expect(budgets.peek('unknown')).toBe(0)
  now = 10_000
  for (let key = 0; key < 200; key += 1) budgets.take(`later${key}`)
  expect(budgets.size).toBeLessThan(250)
})

test('[LIM6] no rate, no limit, and nothing to remember', () => {
  const budgets = new Budgets({ perSecond: Infinity, burst: Infinity }, () => 0)
  for (let n = 0; n < 10_000; n += 1) expect(budgets.take(`k${n}`)).toBe(0)
  expect(budgets.size).toBe(0)
})

/** So many servers, which tell each other what was used as often as they do. */
function sharing(count: number, rate: { perSecond: number; burst: number }) {
  let now = 0
  const servers = Array.from({ length: count }, () => {
    const rates = new SharedRates()
    return { rates, limit: rates.add(new RateLimit('things of a user', rate, () => now)) }
  })
  const tell = () => {
    const told = servers.map(({ rates }) => rates.used())
    for (const [at, { rates }] of servers.entries())
      for (const [from, uses] of told.entries()) if (from !== at) rates.hear(uses)
  }
  return {
    told: () => servers.map(({ rates }) => rates.used()),
    limits: servers.map(({ limit }) => limit),
    /** What is let in by all of them until then, when it is tried at each every few milliseconds. */
    flood(ms: number, { deaf = false } = {}) {
      let taken = 0
      for (const end = now + ms; now < end; now += 5) {
        for (const { limit } of servers) if (!limit.take('ann')) taken += 1
        if (!deaf && now % TELL_USES_MS === 0) tell()
      }
      return taken
    },
  }
}

test.each([2, 5])('[LIM33] over a long time %i servers let in what one does', (count) => {
  const servers = sharing(count, { perSecond: 20, burst: 40 })
  const taken = servers.flood(60_000)
  expect(taken).toBeLessThanOrEqual(60 * 20 + count * 40)
  expect(taken).toBeGreaterThan(0.9 * 60 * 20)
})

test('[LIM33] who stays on one server gets all of the rate, and hardly anything is told of most', () => {
  const servers = sharing(2, { perSecond: 100, burst: 200 })
  const [limit] = servers.limits
  for (let n = 0; n < 6; n += 1) limit?.take('bob')
  expect(servers.told()).toEqual([[], []])
  for (let n = 0; n < 7; n += 1) limit?.take('bob')
  expect(servers.told()).toEqual([[{ what: 'things of a user', of: [['bob', 7]] }], []])
  expect(servers.told()).toEqual([[], []])
})

test('[LIM33] servers that do not hear of each other count for themselves', () => {
  const servers = sharing(2, { perSecond: 20, burst: 40 })
  expect(servers.flood(60_000, { deaf: true })).toBeGreaterThan(2 * 60 * 19)
})

test('[LIM33] what was used elsewhere is owed for half a minute at most', () => {
  const [limit] = sharing(1, { perSecond: 1, burst: 10 }).limits
  limit?.hear('ann', 1_000_000)
  expect(limit?.take('ann')).toMatchObject({ code: 'RATE_LIMITED', retry_after_ms: 31_000 })
})
