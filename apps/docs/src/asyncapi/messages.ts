import type { Components } from '../components.js'
import type { Event, Handshake, Namespace, Schema } from '../contract.js'
import { camelCase, eventType, pascalCase } from '../names.js'

/** A message object of AsyncAPI. */
export type Message = {
  name: string
  title: string
  summary: string
  contentType?: string
  payload?: Schema
  examples?: { payload: unknown }[]
}

/** One message of a channel; `key` names it there and, as an operation, in the whole document. */
export type Exchange = {
  key: string
  /** As the server sees it. */
  action: 'send' | 'receive'
  message: Message
  requires?: string
  /** What the acknowledgement callback gets. */
  reply?: { key: string; message: Message }
}

type Carried = { type: string; schema: Schema | undefined; example: unknown }

function message(
  components: Components,
  { type, schema, example }: Carried,
  { name, summary }: { name: string; summary: string },
): Message {
  const head = { name, title: type, summary }
  if (schema === undefined) return head
  return {
    ...head,
    contentType: 'application/json',
    payload: components.refer(type, schema),
    examples: [{ payload: example }],
  }
}

function acknowledgement(components: Components, event: Event): Exchange['reply'] {
  if (event.ack === undefined) return undefined
  const type = `${pascalCase(event.name)}Ack`
  const summary = `Acknowledgement of \`${event.name}\`, when it was sent with a callback.`
  const carried = { type, schema: event.ack, example: event.example_ack }
  return {
    key: camelCase(type),
    message: message(components, carried, { name: `${event.name} ack`, summary }),
  }
}

function fromClient(components: Components, namespace: string, event: Event): Exchange {
  const carried = { type: pascalCase(event.name), schema: event.payload, example: event.example }
  const reply = acknowledgement(components, event)
  return {
    key: camelCase(eventType(namespace, event.name)),
    action: 'receive',
    message: message(components, carried, { name: event.name, summary: event.description }),
    ...(event.requires === undefined ? {} : { requires: event.requires }),
    ...(reply === undefined ? {} : { reply }),
  }
}

function fromServer(components: Components, namespace: string, event: Event): Exchange {
  const type = eventType(namespace, event.name)
  const carried = { type, schema: event.payload, example: event.example }
  return {
    key: camelCase(type),
    action: 'send',
    message: message(components, carried, { name: event.name, summary: event.description }),
  }
}

function entrance(components: Components, namespace: string, handshake: Handshake): Exchange[] {
  const asked = { type: 'Handshake', schema: handshake.auth, example: handshake.example }
  const refused = {
    type: 'HandshakeRefusal',
    schema: handshake.refusal,
    example: handshake.example_refusal,
  }
  return [
    {
      key: camelCase(eventType(namespace, 'connect')),
      action: 'receive',
      message: message(components, asked, {
        name: 'connect',
        summary: 'The `auth` with which a client connects to the namespace.',
      }),
    },
    {
      key: camelCase(eventType(namespace, 'connect_error')),
      action: 'send',
      message: message(components, refused, {
        name: 'connect_error',
        summary: 'The handshake was refused.',
      }),
    },
  ]
}

/** Everything that goes over one namespace. */
export function exchangesOf(
  components: Components,
  name: string,
  { handshake, client_to_server, server_to_client }: Namespace,
): Exchange[] {
  return [
    ...entrance(components, name, handshake),
    ...Object.values(client_to_server).map((event) => fromClient(components, name, event)),
    ...Object.values(server_to_client).map((event) => fromServer(components, name, event)),
  ]
}
