import { isDeepStrictEqual } from 'node:util'
import type { Contract } from '../contract.js'
import { breakingChanges } from './breaking-changes.js'
import type { Finding } from './finding.js'
import { shapeOf } from './shape.js'
import { compareVersions, majorOf } from './version-order.js'

/** Whether a contract may follow a release under the version that it states. */
export type Verdict =
  | { state: 'unchanged' }
  | { state: 'raised'; breaking: Finding[] }
  | { state: 'major-needed'; breaking: Finding[] }
  | { state: 'minor-needed' }
  | { state: 'version-lowered' }

/** What clients rely on, whatever the version is called. */
function promises(contract: Contract): Contract {
  return { ...shapeOf(contract), protocol_version: '' }
}

/** A minor version only adds; a major version may change or remove (PROTOCOL.md, Versions). */
export function verdictOn(released: Contract, current: Contract): Verdict {
  const [before, after] = [released.protocol_version, current.protocol_version]
  if (compareVersions(after, before) < 0) return { state: 'version-lowered' }
  const breaking = breakingChanges(released, current)
  if (majorOf(after) > majorOf(before)) return { state: 'raised', breaking }
  if (breaking.length > 0) return { state: 'major-needed', breaking }
  if (after !== before) return { state: 'raised', breaking }
  // As text the order of keys would count, which no client sees.
  return isDeepStrictEqual(promises(released), promises(current))
    ? { state: 'unchanged' }
    : { state: 'minor-needed' }
}
