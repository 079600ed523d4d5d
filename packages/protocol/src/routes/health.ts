import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Health } from '../model/health.js'

export const GetHealth = defineRoute({
  method: 'GET',
  path: '/health',
  summary: 'Says that the process lives, and which protocol it speaks.',
  requires: 'viewer',
  scope: 'open',
  status: 200,
  response: Health,
  errors: [],
  example: {
    response: {
      status: 'ok',
      protocol_version: '1.3',
      min_protocol_version: '1.0',
      contract_hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      server_version: '0.1.0',
      uptime_seconds: 12.5,
    },
  },
})

export const GetReady = defineRoute({
  method: 'GET',
  path: '/ready',
  summary: 'Says whether the server can take commands: its journal answers.',
  requires: 'viewer',
  scope: 'open',
  status: 200,
  response: Type.Object({
    status: Type.Literal('ready'),
    redis: Type.Optional(
      Type.Enum(['connected', 'unreachable'], {
        description:
          'Whether this server reaches Redis; absent without one. While it does not, commands and their delivery go on, and presence and counts of other servers may be out of date',
      }),
    ),
  }),
  errors: [],
  example: { response: { status: 'ready' } },
})
