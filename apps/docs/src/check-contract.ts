import { findingText } from './compatibility/finding.js'
import { verdictOn, type Verdict } from './compatibility/verdict.js'
import { currentContract } from './contract.js'
import { lastRelease } from './releases.js'

/** What to do, when something is to be done. */
function adviceOn(verdict: Verdict): string | undefined {
  switch (verdict.state) {
    case 'unchanged':
    case 'raised':
      return undefined
    case 'major-needed':
      return 'These changes break clients. Take them back, or raise the major version:'
    case 'minor-needed':
      return 'The contract has grown since the release: raise the minor version.'
    case 'version-lowered':
      return 'The version is lower than that of the release.'
  }
  return verdict satisfies never
}

const current = currentContract()
const released = await lastRelease()
const verdict = verdictOn(released, current)
const advice = adviceOn(verdict)
const breaking = 'breaking' in verdict ? verdict.breaking : []

console.log(`contract ${current.protocol_version}, last release ${released.protocol_version}`)
if (advice === undefined) console.log(`${verdict.state}: ${breaking.length} breaking changes`)
else console.error(advice)
for (const finding of breaking) console.error(`- ${findingText(finding)}`)
process.exitCode = advice === undefined ? 0 : 1
