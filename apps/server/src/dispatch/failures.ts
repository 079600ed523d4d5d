import { ERRORS, type AckFailure, type ErrorBody, type Failure } from '@talus/protocol'

/** A refusal as callers and rooms see it. */
export function errorBody(failure: Failure): ErrorBody {
  const { code, message, details, retry_after_ms } = failure
  const { retryable } = ERRORS[code]
  const body = details ? { code, message, details, retryable } : { code, message, retryable }
  return retry_after_ms === undefined ? body : { ...body, retry_after_ms }
}

export function refusal(failure: Failure, command_id?: string): AckFailure {
  const error = errorBody(failure)
  return command_id === undefined ? { ok: false, error } : { ok: false, command_id, error }
}

export const STORAGE_FAILURE: Failure = {
  code: 'STORAGE_UNAVAILABLE',
  message: 'The change could not be made durable and was taken back; try again',
}

export function sessionNotFound(session_id: string): Failure {
  return {
    code: 'SESSION_NOT_FOUND',
    message: 'Session not found',
    details: [
      { path: '/session_id', expected: 'the id of an existing session', actual: session_id },
    ],
  }
}
