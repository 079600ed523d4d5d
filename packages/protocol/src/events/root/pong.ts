import Type from 'typebox'
import { defineServerEvent } from '../../define.js'

/** Answer to `ping`. Carries no payload. */
export const Pong = defineServerEvent({
  name: 'pong',
  description: 'Answer to `ping`. Carries no payload.',
  payload: Type.Undefined(),
  example: undefined,
})
