import { Components } from './components.js'
import type { Contract, Event, Schema } from './contract.js'
import { eventType, pascalCase, routeType } from './names.js'

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/** A file of its own: where it is, what type it describes, and how that looks. */
type Part = { file: string; type: string; schema: Schema | undefined; example: unknown }

type Described = Part & { schema: Schema }

/** A name of the wire as that of a file; not every file system takes a colon. */
const fileName = (name: string) => name.replaceAll(':', '-')

function fromClient({ name, payload, ack, ...event }: Event): Part[] {
  const type = pascalCase(name)
  return [
    { file: `client/${name}`, type, schema: payload, example: event.example },
    { file: `client/${name}.ack`, type: `${type}Ack`, schema: ack, example: event.example_ack },
  ]
}

function fromServer(folder: string, namespace: string, { name, payload, example }: Event): Part {
  const file = `${folder}/${fileName(name)}`
  return { file, type: eventType(namespace, name), schema: payload, example }
}

function messageParts({ namespaces }: Contract): Part[] {
  const { '/': root, '/graph': graph } = namespaces
  if (root === undefined || graph === undefined) throw new Error('A namespace is missing')
  return [
    // `/graph` takes the same as `/`, but for joining and leaving.
    ...Object.values(root.client_to_server).flatMap(fromClient),
    ...Object.values(root.server_to_client).map((event) => fromServer('root', '/', event)),
    ...Object.values(graph.server_to_client).map((event) => fromServer('graph', '/graph', event)),
  ]
}

function handshakeParts({ namespaces }: Contract): Part[] {
  return Object.entries(namespaces).flatMap(([namespace, { handshake }]) => {
    const type = eventType(namespace, 'handshake')
    const file = `${namespace === '/' ? 'root' : 'graph'}/handshake`
    const { auth, refusal, example, example_refusal } = handshake
    return [
      { file, type, schema: auth, example },
      {
        file: `${file}.refusal`,
        type: `${type}Refusal`,
        schema: refusal,
        example: example_refusal,
      },
    ]
  })
}

function commandParts({ commands }: Contract): Part[] {
  return Object.values(commands).flatMap(({ type, data, result, example, example_result }) => [
    { file: `command/${type}`, type: `${type}Data`, schema: data, example },
    {
      file: `command/${type}.result`,
      type: `${type}Result`,
      schema: result,
      example: example_result,
    },
  ])
}

function routeParts({ rest }: Contract): Part[] {
  return Object.entries(rest.routes).flatMap(([name, { body, response, example }]) => {
    const type = routeType(name)
    const file = `rest/${type}`
    return [
      { file: `${file}.request`, type: `${type}Request`, schema: body, example: example.body },
      {
        file: `${file}.response`,
        type: `${type}Response`,
        schema: response,
        example: example.response,
      },
    ]
  })
}

/**
 * One JSON Schema for each message, by its path without `.json`. Folders are one level deep, so that
 * `../model/Node.json` leads from any file to the same place.
 */
export function jsonSchemas(contract: Contract): Map<string, Schema> {
  const parts = [messageParts, handshakeParts, commandParts, routeParts]
    .flatMap((of) => of(contract))
    .filter((part): part is Described => part.schema !== undefined)
  const places = new Map(parts.map(({ type, file }) => [type, file]))
  const placeOf = (name: string) => places.get(name) ?? `model/${name}`
  const components = new Components((name) => `../${placeOf(name)}.json`)
  for (const { type, schema } of parts) components.declare(type, schema)
  const schemas = new Map<string, Schema>()
  for (const { file, type, schema, example } of parts) {
    const body = components.describe(type, schema)
    schemas.set(file, { $schema: DIALECT, title: type, ...body, examples: [example] })
  }
  for (const [name, schema] of Object.entries(components.definitions())) {
    if (!places.has(name)) {
      schemas.set(placeOf(name), { $schema: DIALECT, title: name, ...schema })
    }
  }
  return schemas
}
