import { defineServerEvent } from '../../define.js'
import { ErrorBody } from '../../model/failure.js'

/** A request of this client was refused and had no acknowledgement callback. */
export const ErrorEvent = defineServerEvent({
  name: 'error',
  description: 'A request of this client was refused and had no acknowledgement callback.',
  payload: ErrorBody,
  example: { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false },
})
