import type { Event, Handshake, Namespace, Schema } from '../contract.js'
import type { Direction, Finding } from './finding.js'
import {
  compareNames,
  compareParts,
  compareRoles,
  pairs,
  type Contracts,
  type Pair,
} from './parts.js'

type Carried = Pair<Schema | undefined> & { contracts: Contracts }

/** A payload that comes to be or goes. */
function comparePayloads(
  where: string,
  direction: Direction,
  { before, after, contracts }: Carried,
): Finding[] {
  if (before && after) return compareParts(where, direction, { before, after, contracts })
  if (before) return [{ where, at: '', what: 'carries nothing any longer' }]
  return after && direction === 'sent'
    ? [{ where, at: '', what: 'has to carry something now' }]
    : []
}

function compareClientEvents(where: string, pair: Pair<Event>, contracts: Contracts): Finding[] {
  const { before, after } = pair
  const acks = { before: before.ack, after: after.ack, contracts }
  return [
    ...compareRoles(where, { before: before.requires, after: after.requires }),
    ...comparePayloads(where, 'sent', { before: before.payload, after: after.payload, contracts }),
    ...comparePayloads(`acknowledgement of ${where}`, 'read', acks),
  ]
}

function compareHandshakes(
  where: string,
  { before, after }: Pair<Handshake>,
  contracts: Contracts,
): Finding[] {
  const refusals = { before: before.refusal, after: after.refusal, contracts }
  return [
    ...compareParts(where, 'sent', { before: before.auth, after: after.auth, contracts }),
    ...compareParts(`refusal of ${where}`, 'read', refusals),
  ]
}

function compareNamespace(
  name: string,
  { before, after }: Pair<Namespace>,
  contracts: Contracts,
): Finding[] {
  const clients = { before: before.client_to_server, after: after.client_to_server }
  const servers = { before: before.server_to_client, after: after.server_to_client }
  const handshakes = { before: before.handshake, after: after.handshake }
  return [
    ...compareHandshakes(`handshake of ${name}`, handshakes, contracts),
    ...compareNames(`client event of ${name}`, clients),
    ...compareNames(`server event of ${name}`, servers),
    ...pairs(clients).flatMap((pair) =>
      compareClientEvents(`${pair.name} on ${name}`, pair, contracts),
    ),
    ...pairs(servers).flatMap((pair) =>
      comparePayloads(`${pair.name} on ${name}`, 'read', {
        before: pair.before.payload,
        after: pair.after.payload,
        contracts,
      }),
    ),
  ]
}

/** Events of all namespaces. */
export function compareNamespaces(contracts: Contracts): Finding[] {
  const namespaces = { before: contracts.before.namespaces, after: contracts.after.namespaces }
  return [
    ...compareNames('namespace', namespaces),
    ...pairs(namespaces).flatMap((pair) => compareNamespace(pair.name, pair, contracts)),
  ]
}
