import type { Command } from '../contract.js'
import type { Finding } from './finding.js'
import {
  compareNames,
  compareParts,
  compareRoles,
  pairs,
  type Contracts,
  type Pair,
} from './parts.js'

function compareCommand(where: string, pair: Pair<Command>, contracts: Contracts): Finding[] {
  const { before, after } = pair
  const data = { before: before.data, after: after.data, contracts }
  const result = { before: before.result, after: after.result, contracts }
  const isOther = before.alias !== after.alias
  return [
    ...(isOther ? [{ where, at: '', what: `answers to ${before.alias} no longer` }] : []),
    ...compareRoles(where, { before: before.requires, after: after.requires }),
    ...compareParts(`data of ${where}`, 'sent', data),
    ...compareParts(`result of ${where}`, 'read', result),
  ]
}

/** Commands, by type. */
export function compareCommands(contracts: Contracts): Finding[] {
  const commands = { before: contracts.before.commands, after: contracts.after.commands }
  return [
    ...compareNames('command', commands),
    ...pairs(commands).flatMap((pair) => compareCommand(`command ${pair.name}`, pair, contracts)),
  ]
}
