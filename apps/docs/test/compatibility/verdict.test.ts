import { expect, test } from 'vitest'
import { verdictOn, type Verdict } from '../../src/compatibility/verdict.js'
import { currentContract, type Contract } from '../../src/contract.js'
import { lastRelease } from '../../src/releases.js'
import { smallContract } from './small-contract.js'

const same = (contract: Contract) => contract
const grown = (contract: Contract): Contract => ({
  ...contract,
  errors: { ...contract.errors, NEW: { status: 400, retryable: false, description: 'New.' } },
})
const broken = (contract: Contract): Contract => ({ ...contract, commands: {} })

const CASES: [version: string, (contract: Contract) => Contract, Verdict['state'], number][] = [
  ['1.3', same, 'unchanged', 0],
  ['1.3', grown, 'minor-needed', 0],
  ['1.3', broken, 'major-needed', 1],
  ['1.4', same, 'raised', 0],
  ['1.4', grown, 'raised', 0],
  ['1.4', broken, 'major-needed', 1],
  ['1.10', grown, 'raised', 0],
  ['2.0', broken, 'raised', 1],
  ['1.2', same, 'version-lowered', 0],
  ['0.9', broken, 'version-lowered', 0],
]

test.each(CASES)('[VER1] after 1.3, a %s that is %o: %s', (version, change, state, breaking) => {
  const verdict = verdictOn(smallContract(), {
    ...change(smallContract()),
    protocol_version: version,
  })
  expect(verdict.state).toBe(state)
  expect('breaking' in verdict ? verdict.breaking : []).toHaveLength(breaking)
})

test('[VER1] the contract may follow its last release under the version that it states', async () => {
  const verdict = verdictOn(await lastRelease(), currentContract())
  expect(['unchanged', 'raised']).toContain(verdict.state)
})
