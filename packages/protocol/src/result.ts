import type { ErrorCode } from './errors.js'
import type { ErrorDetail } from './model/failure.js'

/** An expected failure: a closed code, a sentence for people, and what was expected where. */
export type Failure = {
  code: ErrorCode
  message: string
  details?: ErrorDetail[]
  /** Where this one differs from what its code says: what is damaged stays so. */
  retryable?: boolean
  /** Of a fault of the server: the id that it has in the log. */
  error_id?: string
  /** Of RATE_LIMITED: milliseconds after which the same request may succeed. */
  retry_after_ms?: number
}

/** The outcome of anything that can be refused. Bugs throw; refusals are values. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: Failure }

export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value }
}

export function fail(
  code: ErrorCode,
  message: string,
  details?: ErrorDetail[],
): { ok: false; error: Failure } {
  return { ok: false, error: details ? { code, message, details } : { code, message } }
}
