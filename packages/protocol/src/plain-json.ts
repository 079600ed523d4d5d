import { describeValue, detail } from './error-details.js'
import type { ErrorDetail } from './model/failure.js'
import type { JsonValue } from './model/json.js'
import { fail, ok, type Result } from './result.js'

/** How deep a value may be nested; what walks values by recursion relies on it. */
export const MAX_DEPTH = 100

const TOO_DEEP = `to be nested at most ${MAX_DEPTH} levels deep`

const isPlain = (value: object) => Object.prototype.toString.call(value) === '[object Object]'

const step = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`

const notJson = (value: unknown): ErrorDetail => ({
  path: '',
  expected: 'to be a JSON value',
  // An infinite number cannot be in the answer either.
  actual: typeof value === 'number' ? `${value}` : describeValue(value),
})

function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return value === null || typeof value === 'string' || typeof value === 'boolean'
}

/** The first thing in a value that JSON cannot carry or that a plain object cannot hold. */
function findProblem(value: unknown, depth: number): ErrorDetail | undefined {
  if (isScalar(value)) return undefined
  // A buffer, a date and the like pass through Socket.IO, but not through the journal.
  if (typeof value !== 'object' || value === null) return notJson(value)
  if (!Array.isArray(value) && !isPlain(value)) return notJson(value)
  if (depth === MAX_DEPTH) {
    return { path: '', expected: TOO_DEEP }
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return { path: step(key), expected: 'to be absent' }
    // JSON leaves out what is undefined; so an absent optional field may be written that way.
    const problem = item === undefined ? undefined : findProblem(item, depth + 1)
    if (problem) return { ...problem, path: step(key) + problem.path }
  }
  return undefined
}

/**
 * Accepts what survives being written as JSON and read back: no binary data, no infinite numbers,
 * no key `__proto__` at any depth, at most 100 levels. `at` is where the value stands in the whole
 * payload. Errors: LIMIT_EXCEEDED for the depth, else BAD_REQUEST.
 */
export function checkJson(value: unknown, at = ''): Result<JsonValue> {
  const problem = findProblem(value, 0)
  if (!problem) return ok(value as JsonValue)
  const { path, ...rest } = problem
  const short = detail(at + path, rest)
  const where = `${short.path || 'the payload'} ${short.expected}`
  const code = short.expected === TOO_DEEP ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST'
  return fail(code, `The payload is not valid: expected ${where}`, [short])
}
