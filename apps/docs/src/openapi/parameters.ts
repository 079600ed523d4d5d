import type { Components } from '../components.js'
import type { Route, Schema } from '../contract.js'

const text = { type: 'string' }

/** Headers that several routes take. */
export const HEADERS = {
  ActorId: {
    name: 'X-Actor-ID',
    in: 'header',
    description: 'Who calls, without authentication (rule ACT1).',
    schema: text,
  },
  ActorName: {
    name: 'X-Actor-Name',
    in: 'header',
    description: 'The name to show for who calls, without authentication (rule ACT1).',
    schema: text,
  },
  SessionId: {
    name: 'X-Session-ID',
    in: 'header',
    description: 'The session, where query and body name none; another one than theirs is refused.',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of what the client has already (rule READ2).',
    schema: text,
  },
} as const

const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/parameters/${name}` })

function headersOf({ scope, params, etag }: Route): object[] {
  const inPath = Object.keys((params?.['properties'] as object | undefined) ?? {})
  const isAboutSession = scope === 'session' && !inPath.includes('session_id')
  return [
    ...(isAboutSession ? [header('SessionId')] : []),
    ...(scope === 'open' ? [] : [header('ActorId'), header('ActorName')]),
    ...(etag ? [header('IfNoneMatch')] : []),
  ]
}

type Place = { schema: Schema | undefined; example: unknown; in: 'path' | 'query' }

function parametersIn(components: Components, { schema, example, in: place }: Place): object[] {
  const properties = (schema?.['properties'] ?? {}) as Record<string, Schema>
  const required = (schema?.['required'] ?? []) as string[]
  const examples = (example ?? {}) as Record<string, unknown>
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: components.resolve(property),
    ...(name in examples ? { example: examples[name] } : {}),
  }))
}

/** The parameters of a route: path, query and headers. */
export function parametersOf(components: Components, route: Route): object[] {
  const { params, query, example } = route
  return [
    ...parametersIn(components, { schema: params, example: example.params, in: 'path' }),
    ...parametersIn(components, { schema: query, example: example.query, in: 'query' }),
    ...headersOf(route),
  ]
}
