import { expect, it } from 'vitest'
import { median, quantile } from '../src/statistics.js'

it('takes the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect(quantile(hundred, 0.5)).toBe(50)
  expect(quantile(hundred, 0.99)).toBe(99)
  expect(quantile(hundred, 0)).toBe(1)
  expect(quantile(hundred, 1)).toBe(100)
  expect(quantile([7], 0.99)).toBe(7)
})

it('has a median between two values', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

it('knows nothing of nothing', () => {
  expect(quantile([], 0.5)).toBeNaN()
  expect(median([])).toBeNaN()
})
