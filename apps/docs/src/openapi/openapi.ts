import { ErrorEnvelope } from '@talus/protocol'
import { Components } from '../components.js'
import type { Contract, Route, Schema } from '../contract.js'
import { camelCase, routeType } from '../names.js'
import { commandAnswer, commandBody } from './command-bodies.js'
import { HEADERS, parametersOf } from './parameters.js'
import { refusalExamples, responsesOf } from './responses.js'

const SECURITY = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  shareToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Share-Token',
    description: 'The token of a share link (rule AUTH5).',
  },
}

/** The empty one: without authentication nothing is asked for (rule AUTH1). */
const PROOFS: Record<string, object[]> = {
  open: [],
  user: [{ token: [] }, {}],
  session: [{ token: [] }, { shareToken: [] }, {}],
  project: [{ token: [] }, { shareToken: [] }, {}],
}

/** Routes whose body is a command, and whose answer is that of one. */
const OF_COMMANDS = ['ExecuteCommand', 'PreviewCommand']

/** A route with what its command may be, and what its result then is. */
function withCommands(components: Components, contract: Contract, route: Route): Route {
  if (route.body === undefined) return route
  return {
    ...route,
    body: commandBody(components, contract, route.body),
    response: commandAnswer(components, contract, route.response),
  }
}

function requestBody(components: Components, type: string, { body, example }: Route): object {
  if (body === undefined) return {}
  const required = 'oneOf' in body || ((body['required'] ?? []) as string[]).length > 0
  const schema = components.refer(`${type}Request`, body)
  const content = { 'application/json': { schema, example: example.body } }
  return { requestBody: { required, content } }
}

function operation(
  components: Components,
  contract: Contract,
  { name, route: declared }: { name: string; route: Route },
): object {
  const type = routeType(name)
  const isOfCommands = OF_COMMANDS.includes(type)
  const route = isOfCommands ? withCommands(components, contract, declared) : declared
  const parameters = parametersOf(components, route)
  return {
    operationId: camelCase(type),
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    security: PROOFS[route.scope],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(components, type, route),
    responses: responsesOf(components, contract, { type, route }),
    'x-required-role': route.requires,
  }
}

function pathsOf(components: Components, contract: Contract): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, route] of Object.entries(contract.rest.routes)) {
    const methods = (paths[route.path] ??= {})
    methods[route.method.toLowerCase()] = operation(components, contract, { name, route })
  }
  return paths
}

/** The OpenAPI 3.1 document of the REST interface. */
export function openApi(contract: Contract): object {
  const components = new Components((name) => `#/components/schemas/${name}`)
  components.refer('ErrorEnvelope', JSON.parse(JSON.stringify(ErrorEnvelope)) as Schema)
  const paths = pathsOf(components, contract)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Talus',
      version: contract.protocol_version,
      description: 'The REST interface. PROTOCOL.md has the rules.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `http://localhost:5000${contract.rest.prefix}` }],
    paths,
    components: {
      schemas: components.definitions(),
      parameters: HEADERS,
      examples: refusalExamples(contract.errors),
      securitySchemes: SECURITY,
    },
    'x-error-codes': contract.errors,
  }
}
