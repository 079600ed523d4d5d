import type { Contract, Route, RoutePart, Schema } from '../contract.js'
import type { Finding } from './finding.js'
import {
  compareNames,
  compareParts,
  compareRoles,
  pairs,
  type Contracts,
  type Pair,
} from './parts.js'

/** A part that is not declared holds nothing. */
const NOTHING: Schema = { type: 'object', properties: {}, additionalProperties: false }

/** From what anybody may ask to what needs a role somewhere. */
const SCOPES: Record<string, number> = { open: 0, user: 1, session: 2, project: 2 }

/** On the wire a route is its method and its path. */
function byLine({ rest }: Contract): Record<string, Route> {
  const routes = Object.values(rest.routes)
  return Object.fromEntries(
    routes.map((route) => [`${route.method} ${rest.prefix}${route.path}`, route]),
  )
}

function comparePart(
  part: RoutePart,
  { name, before, after }: Pair<Route> & { name: string },
  contracts: Contracts,
): Finding[] {
  const schemas = { before: before[part] ?? NOTHING, after: after[part] ?? NOTHING }
  const direction = part === 'response' ? 'read' : 'sent'
  return compareParts(`${part} of ${name}`, direction, { ...schemas, contracts })
}

function compareRoute(pair: Pair<Route> & { name: string }, contracts: Contracts): Finding[] {
  const { name, before, after } = pair
  const says = (what: string) => [{ where: name, at: '', what }]
  const isStricter = (SCOPES[after.scope] ?? 0) > (SCOPES[before.scope] ?? 0)
  const loses = before.etag && !after.etag
  return [
    ...(before.status === after.status
      ? []
      : says(`answers ${after.status}, not ${before.status}`)),
    ...(isStricter ? says(`has the scope ${after.scope} now, not ${before.scope}`) : []),
    ...(loses ? says('has no ETag any longer') : []),
    ...compareRoles(name, { before: before.requires, after: after.requires }),
    ...(['params', 'query', 'body', 'response'] as const).flatMap((part) =>
      comparePart(part, pair, contracts),
    ),
  ]
}

/** Routes, by method and path. */
export function compareRoutes(contracts: Contracts): Finding[] {
  const routes = { before: byLine(contracts.before), after: byLine(contracts.after) }
  return [
    ...compareNames('route', routes),
    ...pairs(routes).flatMap((pair) => compareRoute(pair, contracts)),
  ]
}
