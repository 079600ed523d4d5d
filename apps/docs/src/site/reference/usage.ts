import type { Contract, Schema } from '../../contract.js'
import { models } from '../../models.js'
import { NAMESPACES, placeOf, routeName } from '../places.js'
import { SchemaNames } from './schema-names.js'

export type Use = { title: string; path: string }

/** The models that a schema refers to, however deep in what has no name. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (typeof value !== 'object' || value === null) return []
  const name = SchemaNames.nameOf(value as Schema)
  return name === undefined ? Object.values(value).flatMap(namesIn) : [name]
}

type Part = Use & { schemas: (Schema | undefined)[] }

function partsOf(contract: Contract): Part[] {
  const { commands, namespaces, rest } = contract
  const events = NAMESPACES.flatMap((namespace) =>
    Object.values(namespaces[namespace]?.server_to_client ?? {}).map(({ name, payload }) => ({
      title: namespace === '/' ? name : `${name} on /graph`,
      path: placeOf.event(namespace, name),
      schemas: [payload],
    })),
  )
  const requests = Object.values(namespaces['/']?.client_to_server ?? {})
  const handshakes = NAMESPACES.map((namespace) => ({
    title: `Connecting to ${namespace}`,
    path: placeOf.connect,
    schemas: [namespaces[namespace]?.handshake.auth, namespaces[namespace]?.handshake.refusal],
  }))
  return [
    ...requests.map(({ name, payload, ack }) => ({
      title: name,
      path: placeOf.request(name),
      schemas: [payload, ack],
    })),
    ...events,
    ...handshakes,
    ...Object.values(commands).map(({ type, data, result }) => ({
      title: type,
      path: placeOf.command(type),
      schemas: [data, result],
    })),
    ...Object.entries(rest.routes).map(([key, route]) => ({
      title: routeName(route),
      path: placeOf.route(key),
      schemas: [route.params, route.query, route.body, route.response],
    })),
  ]
}

/** Where each model is used: in messages, and in other models. */
export function usesOfModels(contract: Contract, names: SchemaNames): Map<string, Use[]> {
  const uses = new Map<string, Use[]>()
  const add = (name: string, use: Use) => uses.set(name, [...(uses.get(name) ?? []), use])
  for (const { title, path, schemas } of partsOf(contract)) {
    const used = schemas.flatMap((schema) => (schema ? namesIn(names.named(schema)) : []))
    for (const name of new Set(used)) add(name, { title, path })
  }
  for (const name of models.keys()) {
    const used = new Set(namesIn(names.body(name)))
    for (const other of used)
      if (other !== name) add(other, { title: name, path: placeOf.model(name) })
  }
  return uses
}
