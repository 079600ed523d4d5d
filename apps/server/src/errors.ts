import { type AckFailure, type ErrorBody, ERRORS, type Failure } from '@talus/protocol'
import { DamagedError, StorageError } from './storage-error.js'

export { DamagedError, StorageError }

/** A setting that cannot be put into effect, in words for whoever starts the server. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

/** A refusal as callers and rooms see it. */
export function errorBody(failure: Failure): ErrorBody {
  const { code, message, details, error_id, retry_after_ms } = failure
  const { retryable = ERRORS[code].retryable } = failure
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

type FaultServices = {
  log: { error: (fields: object, message: string) => void }
  newId: () => string
}

/**
 * Where faults become failures (rule ERR1). Each is logged under an id of its own, with all that is
 * known of it; the failure carries the id and nothing of the fault.
 */
export type Faults = {
  /** A bug. `what` and `about` are for the log. */
  internal: (err: unknown, what: string, about?: object) => Failure
  /**
   * The storage does not do its work. The caller learns `what`, too: a sentence without a stop. What
   * is damaged is told as such (rule STORE1): the operator has to do something before it is served.
   */
  storage: (err: unknown, what: string, about?: object) => Failure
}

const DAMAGED: NonNullable<Failure['details']> = [
  {
    path: '',
    expected: 'data that is as it was written',
    actual: 'damaged',
    hint: 'The operator finds the place with talus-server verify, and restores a backup',
  },
]

export function createFaults({ log, newId }: FaultServices): Faults {
  function idOf(): { error_id?: string } {
    try {
      return { error_id: newId() }
    } catch {
      // The source of ids may be what is at fault; it is told all the same.
      return {}
    }
  }

  function written(err: unknown, what: string, about: object): { error_id?: string } {
    const id = idOf()
    log.error({ ...about, ...id, err }, what)
    return id
  }

  return {
    internal: (err, what, about = {}) => ({
      code: 'INTERNAL_ERROR',
      message: 'Internal server error',
      ...written(err, what, about),
    }),
    storage: (err, what, about = {}) =>
      err instanceof DamagedError
        ? {
            code: 'STORAGE_UNAVAILABLE',
            message: `${what}: the data is damaged`,
            details: DAMAGED,
            retryable: false,
            ...written(err, what, about),
          }
        : {
            code: 'STORAGE_UNAVAILABLE',
            message: `${what}; try again`,
            ...written(err, what, about),
          },
  }
}

/** What a caller is told of an error that nobody expected where it came up. */
export function unexpected(faults: Faults, err: unknown, about: object): Failure {
  return err instanceof StorageError
    ? faults.storage(err, 'The storage does not answer', about)
    : faults.internal(err, 'a request failed', about)
}
