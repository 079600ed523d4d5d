import { expect, test } from 'vitest'
import { ToldEntries } from '../src/session/told-entries.js'

test('entries that were sent follow a seq without a gap, whatever order they came in', () => {
  const told = new ToldEntries()
  told.add(5, ['4', '5'])
  expect(told.takeAfter(2)).toEqual([])
  told.add(3, ['2', '3'])
  expect(told.takeAfter(2)).toEqual(['3', '4', '5'])
  expect(told.takeAfter(2)).toEqual([])
})

test('entries beyond the bound are dropped, and those that come later are kept', () => {
  const told = new ToldEntries()
  const long = 'x'.repeat(100 * 1024)
  for (const seq of [1, 2, 3]) told.add(seq, [long])
  expect(told.takeAfter(0)).toEqual([])
  told.add(4, ['4'])
  expect(told.takeAfter(3)).toEqual(['4'])
})
