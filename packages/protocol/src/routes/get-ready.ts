import Type from 'typebox'
import { defineRoute } from '../define.js'

/** Says whether the server can take commands: its journal answers. */
export const GetReady = defineRoute({
  method: 'GET',
  path: '/ready',
  summary: 'Says whether the server can take commands: its journal answers.',
  requires: 'viewer',
  scope: 'open',
  status: 200,
  response: Type.Object({ status: Type.Literal('ready') }),
  errors: [],
  example: { response: { status: 'ready' } },
})
