import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { errorDetails } from './error-details.js'
import { excerpt, longList } from './excerpt.js'
import type { ErrorDetail } from './model/failure.js'
import { fail, ok, type Result } from './result.js'

const compiled = new WeakMap<TSchema, Validator>()

function compile(schema: TSchema): Validator {
  const known = compiled.get(schema)
  if (known) return known
  const validator: Validator = Compile(schema)
  compiled.set(schema, validator)
  return validator
}

const MAX_DETAILS = 10

const SHAPE = 'to have the shape that the contract declares'

function beyond(schema: TSchema, value: unknown, at: string): ErrorDetail {
  const list = longList(schema, value)
  if (!list) return { path: at, expected: SHAPE }
  const expected = `to not have more than ${list.most} items`
  return { path: at + list.path, expected, actual: 'an array' }
}

/**
 * Checks a value against a schema of the contract. A failure is BAD_REQUEST with one detail for
 * each place that was expected otherwise; `at` is where the value stands in the whole payload.
 */
export function check<S extends TSchema>(schema: S, value: unknown, at = ''): Result<Static<S>> {
  const validator = compile(schema)
  if (validator.Check(value)) return ok(value as Static<S>)
  // Errors are collected for all of a value, and from outside may come a hundred thousand.
  const shown = excerpt(schema, value)
  const details = errorDetails(schema, shown, validator.Errors(shown))
    .slice(0, MAX_DETAILS)
    .map((d) => ({ ...d, path: at + d.path }))
  // What is wrong is beyond what was looked at.
  if (details.length === 0) details.push(beyond(schema, value, at))
  const first = details[0]
  const where = first ? `: expected ${first.path || 'the payload'} ${first.expected}` : ''
  return fail('BAD_REQUEST', `The payload is not valid${where}`, details)
}
