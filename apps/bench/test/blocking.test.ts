import { expect, it } from 'vitest'
import { blockingFindings } from '../src/sizes/blocking-part.js'
import { WORKS, type WorkName } from '../src/sizes/long-work.js'
import type { Watched } from '../src/sizes/pinger.js'

function round(watched: Watched): Map<WorkName, Watched> {
  return new Map(WORKS.map(({ name }) => [name, watched]))
}

const rounds = [30, 40, 90].map((ping) =>
  round({ took: 20 * ping, ping, commit: ping + 1, held: ping - 10, cpu: ping - 20 }),
)

it('judges the median of the longest waits and shows the longest of all', () => {
  const { title, tables, list } = blockingFindings(rounds, 100_000)
  expect(title).toBe('How long others wait, 100,000 nodes')
  expect(tables[0]).toContainEqual([
    'opening',
    '800',
    '40.0',
    '90.0',
    '41.0',
    '91.0',
    '30.0',
    '80.0',
    '20.0',
    '70.0',
  ])
  const opening = list.find(({ what }) => what === 'longest ping, opening')
  expect(opening).toMatchObject({ id: 'P9', value: 40, bound: 50 })
  const piece = list.find(({ what }) => what === 'longest CPU of that, opening')
  expect(piece).toMatchObject({ id: 'P9', value: 20, bound: 20 })
  const deleting = list.find(({ what }) => what === 'deleting the subtree')
  expect(deleting).toMatchObject({ id: 'P9', value: 800, bound: 1_000 })
})

it('shows idleness for comparison, without a goal', () => {
  const { tables, list } = blockingFindings(rounds, 100_000)
  expect(tables[0]?.[1]?.[0]).toBe('nothing')
  expect(list.filter(({ what }) => what.includes('nothing'))).toEqual([])
})

it('does not take what is missing for quick', () => {
  const { list } = blockingFindings([new Map()], 100_000)
  expect(list.every(({ value }) => Number.isNaN(value))).toBe(true)
})
