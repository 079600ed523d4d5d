import Type, { type Static } from 'typebox'
import { ERROR_CODES, type ErrorCode } from '../errors.js'
import { JsonValue } from './json.js'

/** What was expected where. `path` is a JSON pointer into the payload. */
export const ErrorDetail = Type.Object({
  path: Type.String({ description: 'JSON pointer into the payload' }),
  expected: Type.String(),
  actual: Type.Optional(JsonValue),
  hint: Type.Optional(Type.String()),
})
export type ErrorDetail = Static<typeof ErrorDetail>

export const ErrorCodeSchema = Type.Unsafe<ErrorCode>({
  type: 'string',
  enum: ERROR_CODES,
  description: 'One of the closed table of codes',
})

/** Of a fault of the server only. */
export const ErrorId = Type.String({
  description: 'Names a fault of the server, which has written down under this id what happened',
})

/** The one shape of a refusal, in REST answers, acknowledgements and `command:failed`. */
export const ErrorBody = Type.Object(
  {
    code: ErrorCodeSchema,
    message: Type.String(),
    details: Type.Optional(Type.Array(ErrorDetail)),
    retryable: Type.Boolean(),
    error_id: Type.Optional(ErrorId),
    retry_after_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Wait so many milliseconds before the next attempt',
      }),
    ),
  },
  { description: 'Why something was refused' },
)
export type ErrorBody = Static<typeof ErrorBody>

/** The body of a refusal over REST; `ok` and `command_id` where a command was refused. */
export const ErrorEnvelope = Type.Object({
  success: Type.Optional(Type.Literal(false)),
  ok: Type.Optional(Type.Literal(false)),
  command_id: Type.Optional(Type.String({ description: 'As it was sent, valid or not.' })),
  error: ErrorBody,
})
export type ErrorEnvelope = Static<typeof ErrorEnvelope>
