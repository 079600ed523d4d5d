import { check, contractDocument, parseCommand, type ErrorDetail } from '@talus/protocol'
import type { Contract, Route, Schema } from '../../../docs/src/contract.js'

// The same as `contract.json`, but as schema objects, which `check` of the contract takes. Their types
// are interfaces, which have no index signature.
export const CONTRACT = contractDocument() as unknown as Contract

/** How a request is sent: as a command of a session, as an event of a namespace, or over REST. */
export const CHANNELS = ['command', '/', '/graph', 'rest'] as const
export type Channel = (typeof CHANNELS)[number]

export const CHANNEL_NAMES: Record<Channel, string> = {
  command: 'Command',
  '/': 'Event of /',
  '/graph': 'Event of /graph',
  rest: 'REST',
}

export type Json = Readonly<Record<string, unknown>>

/** A request of the contract. */
export type Subject = {
  channel: Channel
  name: string
  description: string
  /** The minimum role. */
  requires: string
  /** Of the draft; undefined where nothing is carried. */
  schema: Schema | undefined
  example: unknown
  /** Of a route. */
  route?: Route
}

const object = (properties: Record<string, unknown>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a value that is an object; none of anything else. */
export const fieldsOf = (value: unknown): Json => (isObject(value) ? value : {})

const carrier = CONTRACT.namespaces['/']?.client_to_server['execute_command']?.payload
const carried = fieldsOf(carrier?.['properties'])

/** A batch says of what it holds only that it is JSON; here it is commands. */
function dataOf(type: string, data: Schema): Schema {
  if (type !== 'Batch') return data
  const { properties, ...rest } = data
  const commands = Object.values(CONTRACT.commands)
    .filter((command) => command.type !== 'Batch')
    .map((command) =>
      object({ command_type: { const: command.type }, data: command.data }, [
        'command_type',
        'data',
      ]),
    )
  const list = { ...fieldsOf(fieldsOf(properties)['commands']), items: { anyOf: commands } }
  return { ...rest, properties: { ...fieldsOf(properties), commands: list } }
}

function commands(): Subject[] {
  return Object.values(CONTRACT.commands).map(({ type, description, requires, data, example }) => {
    const { session_id, command_id, label, continues } = carried
    const fields = { session_id, data: dataOf(type, data), label, command_id, continues }
    const schema = object(fields, ['session_id', 'data'])
    return {
      channel: 'command',
      name: type,
      description,
      requires,
      schema,
      example: { session_id: '', data: example },
    }
  })
}

function events(channel: '/' | '/graph'): Subject[] {
  const { client_to_server = {} } = CONTRACT.namespaces[channel] ?? {}
  return Object.values(client_to_server).map(
    ({ name, description, requires = 'viewer', payload, example }) => ({
      channel,
      name,
      description,
      requires,
      schema: payload,
      example,
    }),
  )
}

const PARTS = ['params', 'query', 'body'] as const

/** Whether something has to be said in a part of a request. */
function isNeeded(schema: Schema | undefined): boolean {
  const required = schema?.['required']
  return Array.isArray(required) && required.length > 0
}

function routes(): Subject[] {
  return Object.entries(CONTRACT.rest.routes).map(([name, route]) => {
    const parts = PARTS.filter((part) => route[part] !== undefined)
    const schema = object(
      Object.fromEntries(parts.map((part) => [part, route[part]])),
      // What has required fields is not to be left out.
      parts.filter((part) => isNeeded(route[part])),
    )
    return {
      channel: 'rest',
      name,
      description: route.summary,
      requires: route.requires,
      schema: parts.length === 0 ? undefined : schema,
      example: Object.fromEntries(
        parts.flatMap((part) => {
          const example = route.example[part]
          return example === undefined ? [] : [[part, example]]
        }),
      ),
      route,
    }
  })
}

/** Everything that can be sent, in the order of the contract. */
export const SUBJECTS: readonly Subject[] = [
  ...commands(),
  ...events('/'),
  ...events('/graph'),
  ...routes(),
]

export const subjectsOf = (channel: Channel) =>
  SUBJECTS.filter((subject) => subject.channel === channel)

export function subjectOf(channel: Channel, name: string): Subject | undefined {
  return SUBJECTS.find((subject) => subject.channel === channel && subject.name === name)
}

/** The payload of an event that carries a draft. */
export function payloadOf({ channel, name, schema }: Subject, draft: unknown): unknown {
  if (channel === 'command') {
    const { session_id, ...rest } = fieldsOf(draft)
    return { session_id, command_type: name, ...rest }
  }
  return schema === undefined ? undefined : draft
}

/** The event that carries a draft. */
export const eventOf = ({ channel, name }: Subject) =>
  channel === 'command' ? 'execute_command' : name

const details = (result: ReturnType<typeof check>): ErrorDetail[] =>
  result.ok ? [] : (result.error.details ?? [])

/** A command as it is carried, and what it does; the server looks at both in this order. */
function commandIssues(payload: unknown): ErrorDetail[] {
  const shape = carrier === undefined ? [] : details(check(carrier, payload))
  const { command_type, data } = fieldsOf(payload)
  if (shape.length > 0 || typeof command_type !== 'string') return shape
  const parsed = parseCommand(command_type, data)
  return parsed.ok ? [] : (parsed.error.details ?? [])
}

/** What the contract has against a draft, in its own words; paths lead into the draft. */
export function issuesOf(subject: Subject, draft: unknown): ErrorDetail[] {
  const { channel, name, schema, route } = subject
  if (route) {
    return PARTS.flatMap((part) => {
      const of = route[part]
      const given = fieldsOf(draft)[part]
      if (of === undefined && given !== undefined) {
        return [{ path: `/${part}`, expected: 'to be absent, as the route has none' }]
      }
      if (of === undefined || (given === undefined && !isNeeded(of))) return []
      return details(check(of, given ?? {}, `/${part}`))
    })
  }
  if (channel === 'command') {
    const missing = fieldsOf(draft)['session_id']
    // A socket in one session may leave it out; a command of its own may not.
    if (missing === undefined || missing === '') {
      return [{ path: '/session_id', expected: 'to be the id of a session' }]
    }
  }
  if (channel === 'command' || name === 'execute_command' || name === 'preview_command') {
    return commandIssues(payloadOf(subject, draft))
  }
  return schema === undefined ? [] : details(check(schema, draft))
}
