import Type from 'typebox'
import { defineClientEvent } from '../../define.js'

/** Asks for a `pong`. Carries no payload. */
export const Ping = defineClientEvent({
  name: 'ping',
  description: 'Asks for a `pong`. Carries no payload.',
  requires: 'viewer',
  scope: 'open',
  ack: Type.Undefined(),
  payload: Type.Undefined(),
  example: undefined,
  example_ack: undefined,
})
