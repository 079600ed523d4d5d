import { Components } from '../components.js'
import type { Contract } from '../contract.js'
import { pascalCase } from '../names.js'
import { channelOf, messagesOf, operationOf } from './channel.js'
import { exchangesOf } from './messages.js'
import { allTitled } from './titles.js'

const DESCRIPTION = [
  'Both Socket.IO namespaces of the server. Actions are those of the server: it receives what',
  'clients send. Every payload is one JSON object; a reply is what the optional acknowledgement',
  'callback gets. What the server sends may gain fields. PROTOCOL.md has the rules.',
].join('\n')

const SECURITY = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: '`auth.token` of the handshake, or the header `Authorization`.',
  },
  shareToken: {
    type: 'apiKey',
    in: 'password',
    description: '`auth.share_token` of the handshake, or `share_token` of `join_session`.',
  },
}

/** The AsyncAPI 3 document of both namespaces. */
export function asyncApi(contract: Contract): object {
  const components = new Components((name) => `#/components/schemas/${name}`)
  const channels = Object.entries(contract.namespaces).map(([address, namespace]) => ({
    address,
    ...channelOf(address),
    exchanges: exchangesOf(components, address, namespace),
  }))
  // Commands travel inside `execute_command`, whose `data` is any of them.
  for (const [type, { data, result }] of Object.entries(contract.commands)) {
    components.refer(`${pascalCase(type)}Data`, data)
    components.refer(`${pascalCase(type)}Result`, result)
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Talus',
      version: contract.protocol_version,
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: 'localhost:5000',
        pathname: '/socket.io/',
        protocol: 'socketio',
        protocolVersion: '5',
        // Without authentication neither is asked for.
        security: Object.keys(SECURITY).map((name) => ({
          $ref: `#/components/securitySchemes/${name}`,
        })),
      },
    },
    channels: Object.fromEntries(
      channels.map(({ id, address, description, exchanges }) => [
        id,
        { address, description, messages: messagesOf(exchanges) },
      ]),
    ),
    operations: Object.fromEntries(
      channels.flatMap(({ id, exchanges }) =>
        exchanges.map((exchange) => [exchange.key, operationOf(id, exchange)]),
      ),
    ),
    components: { schemas: allTitled(components.definitions()), securitySchemes: SECURITY },
    'x-error-codes': contract.errors,
  }
}
