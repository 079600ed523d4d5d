import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { ErrorCodeSchema, ErrorDetail, ErrorId } from '../../model/failure.js'

/** A request of this client was refused and had no acknowledgement callback. */
export const ErrorEvent = defineServerEvent({
  name: 'error',
  description: 'A request of this client was refused and had no acknowledgement callback.',
  payload: Type.Object({
    code: ErrorCodeSchema,
    message: Type.String(),
    details: Type.Optional(Type.Array(ErrorDetail)),
    retryable: Type.Boolean(),
    error_id: Type.Optional(ErrorId),
  }),
  example: { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false },
})
