import { contractText } from '@talus/protocol'

/** A JSON Schema, as `contract.json` holds it. */
export type Schema = { readonly [keyword: string]: unknown }

/** A command: what it takes and what its acknowledgement holds. */
export type Command = {
  type: string
  alias: string
  description: string
  requires: string
  data: Schema
  result: Schema
  example: unknown
  example_result: unknown
}

/** An event of either direction; one of the server has neither `requires` nor `ack`. */
export type Event = {
  name: string
  description: string
  requires?: string
  payload?: Schema
  ack?: Schema
  example?: unknown
  example_ack?: unknown
}

export type Handshake = {
  auth: Schema
  refusal: Schema
  example: unknown
  example_refusal: unknown
}

export type Namespace = {
  handshake: Handshake
  client_to_server: Record<string, Event>
  server_to_client: Record<string, Event>
}

export type RoutePart = 'params' | 'query' | 'body' | 'response'

export type Route = {
  method: string
  path: string
  summary: string
  requires: string
  scope: string
  params?: Schema
  query?: Schema
  body?: Schema
  status: number
  response: Schema
  etag?: boolean
  errors: string[]
  example: { [Part in RoutePart]?: unknown }
}

export type ErrorInfo = { status: number; retryable: boolean; description: string }

/** What `contract.json` holds. */
export type Contract = {
  protocol_version: string
  min_protocol_version: string
  errors: Record<string, ErrorInfo>
  commands: Record<string, Command>
  namespaces: Record<string, Namespace>
  rest: { prefix: string; any_route_errors: string[]; routes: Record<string, Route> }
}

/** The contract of this version, as others read it: plain JSON. */
export function currentContract(): Contract {
  return JSON.parse(contractText()) as Contract
}
