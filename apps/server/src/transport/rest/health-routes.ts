import { fail, MIN_PROTOCOL_VERSION, ok, PROTOCOL_VERSION } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { mount } from './route.js'
import type { RestServices } from './services.js'

export function mountHealth(app: FastifyInstance, services: RestServices): void {
  mount(app, 'GetHealth', () =>
    ok({
      status: 'ok',
      protocol_version: PROTOCOL_VERSION,
      min_protocol_version: MIN_PROTOCOL_VERSION,
      contract_hash: services.contractHash,
      server_version: services.serverVersion,
      uptime_seconds: Math.round(process.uptime()),
    }),
  )
  mount(app, 'GetReady', async () => {
    if (!services.isOpen()) return fail('OVERLOADED', 'The server is shutting down')
    const cause = await services.unreadiness()
    return cause === null ? ok({ status: 'ready' }) : fail('STORAGE_UNAVAILABLE', cause)
  })
}
