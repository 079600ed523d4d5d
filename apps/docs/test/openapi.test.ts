import { ANY_ROUTE_ERRORS, COMMANDS, ERRORS, ROUTES, type ErrorCode } from '@talus/protocol'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parsed } from './spec-files.js'

type Content = { 'application/json': { schema: object; example?: unknown; examples?: object } }
type Parameter = { name?: string; in?: string; schema?: object; example?: unknown; $ref?: string }
type Operation = {
  operationId: string
  security: object[]
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}
type OpenApi = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: object; examples: Record<string, { value: unknown }> }
}

const document = parsed<OpenApi>('openapi.json')
const { components } = document
const routes: {
  name: string
  method: string
  path: string
  status: number
  errors: ErrorCode[]
}[] = Object.entries(ROUTES).map(([name, route]) => ({ name, ...route }))

function operationOf({ method, path }: { method: string; path: string }): Operation {
  const operation = document.paths[path]?.[method.toLowerCase()]
  if (operation === undefined) throw new Error(`There is no ${method} ${path}`)
  return operation
}

/** Why an example does not fit its schema. */
function faults(schema: object, example: unknown): unknown {
  const validate = new Ajv2020({ strict: false }).compile({ components, ...schema })
  return validate(example) ? [] : validate.errors
}

test('its own validator finds no fault', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

test('every route is there, once', () => {
  const operations = Object.values(document.paths).flatMap(Object.values<Operation>)
  expect(operations).toHaveLength(routes.length)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length)
})

describe.each(routes)('$name', ({ method, path, status, errors }) => {
  const { requestBody, responses, parameters = [] } = operationOf({ method, path })

  test('declares its success and the status of each of its errors', () => {
    const codes = [...ANY_ROUTE_ERRORS, ...errors]
    const statuses = new Set([status, ...codes.map((code) => ERRORS[code].status)])
    const unchanged = '304' in responses ? [304] : []
    expect(Object.keys(responses)).toEqual([...statuses, ...unchanged].map(String).toSorted())
    const described = Object.values(responses).map(({ description }) => description)
    for (const code of codes) expect(described.join(', ')).toContain(code)
  })

  test('its examples fit their schemas', () => {
    const success = responses[status]?.content?.['application/json']
    const body = requestBody?.content['application/json']
    const shown = [success, body, ...parameters.filter((one) => 'example' in one)]
    for (const part of shown) expect(faults(part?.schema ?? {}, part?.example)).toEqual([])
  })
})

describe.each(['execute', 'preview'])('the body of %s', (verb) => {
  const { requestBody } = operationOf({ method: 'POST', path: `/commands/${verb}` })
  const { schema } = requestBody?.content['application/json'] ?? { schema: {} }

  test.each(Object.values(COMMANDS))('has $type as an alternative, with its data', (command) => {
    const { type, alias, example: data } = command
    const asked = { session_id: 's', command_type: type, data }
    expect(faults(schema, asked)).toEqual([])
    expect(faults(schema, { ...asked, command_type: alias })).toEqual([])
    expect(faults(schema, { ...asked, data: { nonsense: 1 } })).not.toEqual([])
  })

  test('takes no other command, and names each by `command_type`', () => {
    const [, name = ''] = /([^/]+)$/.exec((schema as { $ref?: string }).$ref ?? '') ?? []
    const { discriminator } =
      (components.schemas as Record<string, { discriminator?: { mapping: object } }>)[name] ?? {}
    const names = Object.values(COMMANDS).flatMap(({ type, alias }) => [type, alias])
    expect(Object.keys(discriminator?.mapping ?? {}).toSorted()).toEqual(names.toSorted())
    expect(faults(schema, { command_type: 'Nonsense', data: {} })).not.toEqual([])
    const batch = { commands: [{ command_type: 'DeleteNode', data: { nonsense: 1 } }] }
    expect(faults(schema, { command_type: 'Batch', data: batch })).not.toEqual([])
  })
})

test.each(Object.entries(components.examples))('the refusal %s fits', (_code, { value }) => {
  expect(faults({ $ref: '#/components/schemas/ErrorEnvelope' }, value)).toEqual([])
  const { properties } =
    (components.schemas as Record<string, { properties?: object }>)['ErrorEnvelope'] ?? {}
  expect(Object.keys(properties ?? {})).toEqual(
    expect.arrayContaining(Object.keys(value as object)),
  )
})
