import { expect, test } from 'vitest'
import { ERROR_CODES, ERRORS, type ErrorCode } from '../src/index.js'

const STATUSES: Record<ErrorCode, number> = {
  BAD_REQUEST: 400,
  UNKNOWN_COMMAND: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  TEMPLATE_NOT_FOUND: 404,
  NODE_NOT_FOUND: 404,
  PROPERTY_NOT_FOUND: 404,
  MEMBER_NOT_FOUND: 404,
  SHARE_LINK_NOT_FOUND: 404,
  LAST_OWNER: 409,
  NODE_EXISTS: 409,
  ALREADY_LINKED: 409,
  NOT_LINKED: 409,
  CYCLE_DETECTED: 409,
  COMMAND_ID_REUSED: 409,
  NOTHING_TO_UNDO: 409,
  NOTHING_TO_REDO: 409,
  UNDO_CONFLICT: 409,
  HISTORY_TRUNCATED: 410,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  INVALID_PARENT: 422,
  TYPE_NOT_ALLOWED: 422,
  UNKNOWN_NODE_TYPE: 422,
  INVALID_PROPERTY: 422,
  INVALID_TEMPLATE: 422,
  LIMIT_EXCEEDED: 422,
  RATE_LIMITED: 429,
  INTERNAL_ERROR: 500,
  STORAGE_UNAVAILABLE: 503,
  OVERLOADED: 503,
}

test('the table of codes is closed: these codes, with these statuses', () => {
  const statuses = Object.fromEntries(ERROR_CODES.map((code) => [code, ERRORS[code].status]))
  expect(statuses).toEqual(STATUSES)
})

test.each(ERROR_CODES)('%s is an HTTP error and says what it means', (code) => {
  const { status, description } = ERRORS[code]
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThanOrEqual(599)
  expect(description).toMatch(/^[A-Z].*\.$/)
})

test('only faults that pass by themselves are retryable', () => {
  const retryable = ERROR_CODES.filter((code) => ERRORS[code].retryable)
  expect(retryable).toEqual(['RATE_LIMITED', 'INTERNAL_ERROR', 'STORAGE_UNAVAILABLE', 'OVERLOADED'])
})
