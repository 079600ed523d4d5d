import type { Failure } from '@talus/protocol'
import type { FastifyError } from 'fastify'

/** Longer than any id may be, even when every character is escaped. */
export const MAX_PARAM_LENGTH = 300

const UNREADABLE_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'The path cannot be read',
  details: [{ path: '', expected: 'a path in UTF-8, with % before two hexadecimal digits only' }],
}

const LONG_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'A part of the path is too long',
  details: [{ path: '', expected: `at most ${MAX_PARAM_LENGTH} characters in each part` }],
}

/** What Fastify refuses before a route sees it; undefined: a fault of the server. */
export function refusalOf(error: FastifyError, bodyLimit: number): Failure | undefined {
  const status = error.statusCode ?? 500
  if (status === 413) {
    return {
      code: 'PAYLOAD_TOO_LARGE',
      message: `The body may have ${bodyLimit} bytes at most`,
    }
  }
  if (error.code === 'FST_ERR_BAD_URL') return UNREADABLE_PATH
  if (status === 414) return LONG_PATH
  if (status === 404) return { code: 'NOT_FOUND', message: 'Endpoint not found' }
  if (status === 415) {
    return { code: 'BAD_REQUEST', message: 'The body must have the content type application/json' }
  }
  if (status >= 400 && status < 500) return { code: 'BAD_REQUEST', message: error.message }
  return undefined
}
