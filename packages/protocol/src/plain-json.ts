import { describeValue, detail } from './error-details.js'
import type { ErrorDetail } from './model/failure.js'
import type { JsonValue } from './model/json.js'
import { fail, ok, type Result } from './result.js'

/** How deep a value may be nested, where nothing else is configured. */
export const MAX_DEPTH = 100

/** What a value may measure; `width`: keys of one object or items of one list. */
export type JsonLimits = { depth: number; width: number }

const LIMITS: JsonLimits = { depth: MAX_DEPTH, width: Number.POSITIVE_INFINITY }

type Problem = ErrorDetail & { code?: 'LIMIT_EXCEEDED' }

/** A container that is being looked through. The keys of a list are its indexes. */
type Level = { container: object; keys: readonly string[] | undefined; size: number; next: number }

const isPlain = (value: object) => Object.prototype.toString.call(value) === '[object Object]'

const step = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`

const notJson = (value: unknown): Problem => ({
  path: '',
  expected: 'to be a JSON value',
  // An infinite number cannot be in the answer either.
  actual: typeof value === 'number' ? `${value}` : describeValue(value),
})

const exceeded = (expected: string, actual?: number): Problem => ({
  code: 'LIMIT_EXCEEDED',
  path: '',
  expected,
  ...(actual !== undefined && { actual }),
})

function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return value === null || typeof value === 'string' || typeof value === 'boolean'
}

/** Opens a container, unless it cannot be one of JSON or is too deep or too wide. */
function levelOf(value: unknown, depth: number, limits: JsonLimits): Level | Problem {
  // A buffer, a date and the like pass through Socket.IO, but not through the journal.
  if (typeof value !== 'object' || value === null) return notJson(value)
  const isList = Array.isArray(value)
  if (!isList && !isPlain(value)) return notJson(value)
  if (depth >= limits.depth) return exceeded(`to be nested at most ${limits.depth} levels deep`)
  const keys = isList ? undefined : Object.keys(value)
  const size = isList ? value.length : (keys?.length ?? 0)
  if (size > limits.width) return exceeded(`to have at most ${limits.width} keys or items`, size)
  return { container: value, keys, size, next: 0 }
}

function keyAt({ keys }: Level, at: number): string {
  return keys?.[at] ?? String(at)
}

function pathOf(open: readonly Level[]): string {
  return open.map((level) => step(keyAt(level, level.next - 1))).join('')
}

/**
 * The first thing in a value that JSON cannot carry or that a plain object cannot hold. Keeps a
 * list of what is open: a value from outside may be deeper than any stack.
 */
function findProblem(value: unknown, limits: JsonLimits): Problem | undefined {
  if (isScalar(value)) return undefined
  const first = levelOf(value, 0, limits)
  if ('path' in first) return first
  const open = [first]
  for (let level = open.at(-1); level; level = open.at(-1)) {
    if (level.next === level.size) {
      open.pop()
      continue
    }
    const at = level.next++
    const key = level.keys ? level.keys[at] : at
    if (key === '__proto__') return { path: pathOf(open), expected: 'to be absent' }
    const item = (level.container as Record<string | number, unknown>)[key ?? '']
    // JSON leaves out what is undefined; so an absent optional field may be written that way.
    if (item === undefined || isScalar(item)) continue
    const below = levelOf(item, open.length, limits)
    if ('path' in below) return { ...below, path: pathOf(open) }
    open.push(below)
  }
  return undefined
}

/**
 * Accepts what survives being written as JSON and read back: no binary data, no infinite numbers,
 * no key `__proto__` at any depth, no deeper and no wider than the limits. `at` is where the value
 * stands in the whole payload. Errors: LIMIT_EXCEEDED for depth and width, else BAD_REQUEST.
 */
export function checkJson(value: unknown, at = '', limits = LIMITS): Result<JsonValue> {
  const problem = findProblem(value, limits)
  if (!problem) return ok(value as JsonValue)
  const { path, code = 'BAD_REQUEST', ...rest } = problem
  const short = detail(at + path, rest)
  const where = `${short.path || 'the payload'} ${short.expected}`
  return fail(code, `The payload is not valid: expected ${where}`, [short])
}
