import { ERRORS, type AckFailure, type ErrorBody, type Failure } from '@talus/protocol'

/** A refusal as callers and rooms see it. */
export function errorBody(failure: Failure): ErrorBody {
  const { code, message, details, error_id } = failure
  const { retryable } = ERRORS[code]
  const body: ErrorBody = details
    ? { code, message, details, retryable }
    : { code, message, retryable }
  return error_id === undefined ? body : { ...body, error_id }
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
