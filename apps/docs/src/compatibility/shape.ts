import type { Command, Contract, Event, Handshake, Route, Schema } from '../contract.js'
import { isSchema, mapParts } from '../schema-parts.js'

const ANNOTATIONS = new Set(['description', 'title', 'examples', 'default', '$comment'])

/** Takes the place of the list of codes, which is compared as the table that it is. */
const ERROR_CODE: Schema = { type: 'string', format: 'error-code' }

function without<T extends object>(keys: Set<string>, value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key))) as T
}

function schemaShape(schema: Schema, codes: string): Schema {
  if (JSON.stringify(schema['enum']) === codes) return ERROR_CODE
  return mapParts(without(ANNOTATIONS, schema), (part) => schemaShape(part, codes))
}

const PROSE = new Set([
  'description',
  'summary',
  'example',
  'example_ack',
  'example_result',
  'example_refusal',
])

/** Keys of a definition under which a schema stands. */
const SCHEMAS = new Set(
  'data result payload ack auth refusal params query body response'.split(' '),
)

type Definition = Command | Event | Handshake | Route

function definitionShape<D extends Definition>(definition: D, codes: string): D {
  const entries = Object.entries(without(PROSE, definition)).map(([key, value]) => [
    key,
    SCHEMAS.has(key) && isSchema(value) ? schemaShape(value, codes) : value,
  ])
  return Object.fromEntries(entries) as D
}

function mapValues<V>(record: Record<string, V>, change: (value: V) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** A contract without what only people read: what clients rely on, and what a release is kept as. */
export function shapeOf(contract: Contract): Contract {
  const codes = JSON.stringify(Object.keys(contract.errors))
  const shape = <D extends Definition>(definition: D) => definitionShape(definition, codes)
  return {
    ...contract,
    errors: mapValues(contract.errors, (error) => without(PROSE, error)),
    commands: mapValues(contract.commands, shape),
    namespaces: mapValues(contract.namespaces, (namespace) => ({
      handshake: shape(namespace.handshake),
      client_to_server: mapValues(namespace.client_to_server, shape),
      server_to_client: mapValues(namespace.server_to_client, shape),
    })),
    rest: { ...contract.rest, routes: mapValues(contract.rest.routes, shape) },
  }
}
