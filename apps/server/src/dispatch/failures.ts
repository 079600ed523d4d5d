import { ERRORS, type AckFailure, type ErrorBody, type Failure } from '@talus/protocol'

/** A refusal as callers and rooms see it. */
export function errorBody(failure: Failure): ErrorBody {
  const { code, message, details, error_id, retry_after_ms } = failure
  const { retryable } = ERRORS[code]
  const body: ErrorBody = details
    ? { code, message, details, retryable }
    : { code, message, retryable }
  if (error_id !== undefined) body.error_id = error_id
  if (retry_after_ms !== undefined) body.retry_after_ms = retry_after_ms
  return body
}

export function refusal(failure: Failure, command_id?: string): AckFailure {
  const error = errorBody(failure)
  return command_id === undefined ? { ok: false, error } : { ok: false, command_id, error }
}

/** What is said when an append fails, in the log and to the callers. */
export const NOT_DURABLE = 'The change could not be made durable and was taken back'

export function sessionNotFound(session_id: string): Failure {
  return {
    code: 'SESSION_NOT_FOUND',
    message: 'Session not found',
    details: [
      { path: '/session_id', expected: 'the id of an existing session', actual: session_id },
    ],
  }
}
