import Type, { type TSchema } from 'typebox'
import { COMMANDS } from './commands/index.js'
import { ERRORS } from './errors.js'
import { CLIENT_EVENTS, GRAPH_CLIENT_EVENTS } from './events/client/index.js'
import { GRAPH_EVENTS } from './events/graph/index.js'
import { ROOT_EVENTS } from './events/root/index.js'
import { GraphHandshake, Handshake, HandshakeRefusal } from './model/handshake.js'
import { ANY_ROUTE_ERRORS, API_PREFIX, ROUTES } from './routes/index.js'
import { MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from './version.js'
import { SESSION_ID } from './events/fields.js'

type Definition = { payload: TSchema; ack?: TSchema }

/** A schema, or nothing when there is nothing to send: JSON has no type `undefined`. */
const carried = (schema: TSchema | undefined) => (Type.IsUndefined(schema) ? undefined : schema)

function described(definitions: Record<string, Definition>) {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      { ...definition, payload: carried(definition.payload), ack: carried(definition.ack) },
    ]),
  )
}

/** What both namespaces answer to a handshake that they refuse. */
const HANDSHAKE = {
  refusal: HandshakeRefusal,
  example_refusal: {
    message: 'Missing session_id',
    data: { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false },
  },
}

/**
 * The whole contract as plain JSON: versions, errors, commands, events of both namespaces, routes.
 * Docs and other languages are generated from it; its hash names it (rule VER1).
 */
export function contractDocument() {
  return {
    protocol_version: PROTOCOL_VERSION,
    min_protocol_version: MIN_PROTOCOL_VERSION,
    errors: ERRORS,
    commands: COMMANDS,
    namespaces: {
      '/': {
        handshake: {
          ...HANDSHAKE,
          auth: Handshake,
          example: { actor: { id: 'ann', name: 'Ann' }, protocol_version: PROTOCOL_VERSION },
        },
        client_to_server: described(CLIENT_EVENTS),
        server_to_client: described(ROOT_EVENTS),
      },
      '/graph': {
        handshake: {
          ...HANDSHAKE,
          auth: GraphHandshake,
          example: { session_id: SESSION_ID, actor: 'ann' },
        },
        client_to_server: described(GRAPH_CLIENT_EVENTS),
        server_to_client: described({
          ...GRAPH_EVENTS,
          error: ROOT_EVENTS.error,
          pong: ROOT_EVENTS.pong,
        }),
      },
    },
    rest: { prefix: API_PREFIX, any_route_errors: ANY_ROUTE_ERRORS, routes: ROUTES },
  }
}

/**
 * The contract as the text of `contract.json`; the SHA-256 of its UTF-8 bytes, in hex, is the
 * `contract_hash` of health and `joined` (rule VER1).
 */
export function contractText(): string {
  return `${JSON.stringify(contractDocument(), null, 2)}\n`
}
