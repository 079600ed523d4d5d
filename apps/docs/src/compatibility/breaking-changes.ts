import type { Contract } from '../contract.js'
import type { Finding } from './finding.js'
import { compareCommands } from './commands.js'
import { compareNamespaces } from './namespaces.js'
import { pairs, type Contracts } from './parts.js'
import { compareRoutes } from './routes.js'
import { shapeOf } from './shape.js'
import { compareVersions } from './version-order.js'

/** Codes may be added: who does not know one still has the status and `retryable`. */
function compareErrors({ before, after }: Contracts): Finding[] {
  const codes = { before: before.errors, after: after.errors }
  const gone = Object.keys(before.errors).filter((code) => !(code in after.errors))
  return [
    ...gone.map((code) => ({ where: `error ${code}`, at: '', what: 'was removed' })),
    ...pairs(codes).flatMap(({ name, before: was, after: is }) =>
      (['status', 'retryable'] as const)
        .filter((key) => was[key] !== is[key])
        .map((key) => ({
          where: `error ${name}`,
          at: '',
          what: `has the ${key} ${is[key]}, not ${was[key]}`,
        })),
    ),
  ]
}

function compareSupport({ before, after }: Contracts): Finding[] {
  const [was, is] = [before.min_protocol_version, after.min_protocol_version]
  if (compareVersions(is, was) <= 0) return []
  return [{ where: 'the oldest version', at: '', what: `that is served is ${is}, not ${was}` }]
}

/**
 * What breaks clients between two contracts, in the order of the contract: names that are gone,
 * fields that are gone, what clients send narrowed or newly required, what they read widened.
 * Additions are not listed.
 */
export function breakingChanges(before: Contract, after: Contract): Finding[] {
  const contracts = { before: shapeOf(before), after: shapeOf(after) }
  return [
    ...compareSupport(contracts),
    ...compareErrors(contracts),
    ...compareCommands(contracts),
    ...compareNamespaces(contracts),
    ...compareRoutes(contracts),
  ]
}
