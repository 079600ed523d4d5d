import { afterAll, beforeAll, expect, test } from 'vitest'
import { about, newScene, startServer, type LiveServer } from './live-server.js'
import { faults, parsed, schemas } from './spec-files.js'

type Parameter = { name?: string; in?: string; example?: unknown }
type Operation = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: { 'application/json': { example: unknown } } }
  responses: Record<string, object>
}

const { paths } = parsed<{ paths: Record<string, Record<string, Operation>> }>('openapi.json')
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    operation,
    name: operation.operationId,
  })),
)

/** What has to be done before an example can be sent. */
const BEFORE: Record<string, [method: string, path: string, body: object]> = {
  redo: ['POST', '/sessions/550e8400-e29b-41d4-a716-446655440000/undo', {}],
}

let server: LiveServer

beforeAll(async () => {
  server = await startServer()
})

afterAll(() => server.close())

/** The path with the examples of its parameters and of its query. */
function placeOf(path: string, parameters: Parameter[]): string {
  const shown = parameters.filter((one) => 'example' in one)
  const given = (place: string) => shown.filter((one) => one.in === place)
  const values = new Map(given('path').map(({ name, example }) => [name, example]))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values.get(name)))
  const query = given('query').map(({ name, example }): [string, string] => [
    name ?? '',
    String(example),
  ])
  return query.length === 0 ? filled : `${filled}?${new URLSearchParams(query).toString()}`
}

test.each(operations)(
  '$name: the example is answered as declared',
  async ({ path, method, operation }) => {
    const scene = await newScene(server)
    const { operationId, parameters = [], requestBody, responses } = operation
    const [first = '', beforePath = '', beforeBody] = BEFORE[operationId] ?? []
    const prepared = beforePath.replace(/550e[\w-]+/, scene.session_id)
    if (first !== '') await server.ask(first, prepared, beforeBody)
    const example = requestBody?.content['application/json'].example
    // A session is created under the id of the example; everything else is about the scene.
    const body = operationId === 'createSession' ? example : about(scene, example)
    const answer = await server.ask(method, placeOf(path, about(scene, parameters)), body)
    expect([answer.status, answer.body]).toEqual([successOf(responses), answer.body])
    const type = operationId.replace(/^./, (letter) => letter.toUpperCase())
    expect(faults(`schemas/rest/${type}.response.json`, answer.body)).toEqual([])
  },
)

const successOf = (responses: object) => Number(Object.keys(responses).find((s) => s < '300'))

test('every response with a schema was looked at', () => {
  const files = [...schemas.keys()].filter((path) => path.endsWith('.response.json'))
  expect(files).toHaveLength(operations.length)
})
