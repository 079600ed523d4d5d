import { expect, test } from 'vitest'
import { Budget, Budgets } from '../src/limits/rate.js'

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
