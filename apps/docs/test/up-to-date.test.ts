import { expect, test } from 'vitest'
import { currentContract } from '../src/contract.js'
import { specifications } from '../src/specifications.js'
import { committed } from './spec-files.js'

const generated = specifications(currentContract())

test('the files are those of the contract', () => {
  expect([...committed.keys()].toSorted()).toEqual([...generated.keys()].toSorted())
})

test('spec/ is up to date; if not, run `pnpm generate`', () => {
  const stale = [...generated].filter(([path, text]) => committed.get(path) !== text)
  expect(stale.map(([path]) => path)).toEqual([])
})

test('the same contract gives the same bytes', () => {
  expect([...specifications(currentContract())]).toEqual([...generated])
})
