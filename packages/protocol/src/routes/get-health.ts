import { defineRoute } from '../define.js'
import { Health } from '../model/health.js'

/** Says that the process lives, and which protocol it speaks. */
export const GetHealth = defineRoute({
  method: 'GET',
  path: '/health',
  summary: 'Says that the process lives, and which protocol it speaks.',
  requires: 'viewer',
  scope: 'open',
  status: 200,
  response: Health,
  errors: [],
})
