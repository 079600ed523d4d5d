import type { ErrorDetail } from './model/failure.js'
import type { JsonValue } from './model/json.js'
import { expectedText, type Shape } from './schema-text.js'

/** One thing that the validator found wrong. */
export type Problem = {
  keyword: string
  schemaPath: string
  instancePath: string
  message: string
  params: object
}

/** A value as an error detail shows it: scalars as they are, containers by their kind. */
export function describeValue(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'string') return value.length > 80 ? `${value.slice(0, 77)}...` : value
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const MAX_PATH = 256

/** A detail whose path is short: names of fields come from outside and go back to a whole room. */
export function detail(path: string, rest: Omit<ErrorDetail, 'path'>): ErrorDetail {
  return { path: path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}...` : path, ...rest }
}

function valueAt(value: unknown, pointer: string): unknown {
  let at = value
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

type Place = { schema: Shape; path: string }

/** The schema that a problem is about, or the outermost union around it, and where in the value. */
function placeOf(root: Shape, problem: Problem): Place {
  const keywords = problem.schemaPath.split('/').slice(1)
  const names = problem.instancePath.split('/')
  let schema: unknown = root
  let depth = 1
  const enter = (key: string | undefined) => {
    schema = (schema as Record<string, unknown> | undefined)?.[key ?? '']
  }
  for (let keyword = keywords.shift(); keyword; keyword = keywords.shift()) {
    if (keyword === 'anyOf') break
    enter(keyword)
    if (keyword !== 'items' && keyword !== 'additionalProperties') enter(keywords.shift())
    if (keyword !== 'allOf') depth += 1
  }
  return { schema: (schema ?? {}) as Shape, path: names.slice(0, depth).join('/') }
}

function missingFields({ instancePath, params }: Problem): ErrorDetail[] {
  const { requiredProperties } = params as { requiredProperties: string[] }
  return requiredProperties.map((name) =>
    detail(`${instancePath}/${name}`, { expected: 'to be present', actual: 'nothing' }),
  )
}

function detailsOf(problem: Problem, { schema, path }: Place, value: unknown): ErrorDetail[] {
  const actual = describeValue(valueAt(value, path))
  if (schema.anyOf) {
    return [detail(path, { expected: `to be one of ${expectedText(schema)}`, actual })]
  }
  switch (problem.keyword) {
    case 'required':
      return missingFields(problem)
    case 'boolean':
      return [detail(path, { expected: 'to be absent' })]
    case 'additionalProperties':
      // Each extra field has a problem of its own, `boolean`.
      return []
    case 'type':
    case 'const':
    case 'pattern':
      return [detail(path, { expected: `to be ${expectedText(schema)}`, actual })]
    default:
      return [detail(path, { expected: problem.message.replace(/^must /, 'to '), actual })]
  }
}

/** One detail for each place that was expected otherwise; a union is one place. */
export function errorDetails(schema: Shape, value: unknown, problems: Problem[]): ErrorDetail[] {
  const details = problems.flatMap((p) => detailsOf(p, placeOf(schema, p), value))
  return [...new Map(details.map((d) => [d.path, d])).values()]
}
