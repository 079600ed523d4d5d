import type { Server as HttpServer } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/config.js'
import type { Faults } from '../observability/faults.js'
import type { Observation } from '../observability/observation.js'
import { sweepIdle, sweepOld } from '../sessions/idle-sweep.js'
import type { Guard } from '../transport/perimeter/guards.js'
import { secureHeaders } from '../transport/perimeter/headers.js'
import { createPerimeter } from '../transport/perimeter/perimeter.js'
import type { RootServer } from '../transport/sockets/socket-server.js'
import { mountApi, watchApi } from './api.js'
import { compose } from './composition.js'
import type { Replacements, Sources } from './replacements.js'
import { openSockets } from './sockets.js'

/** Everything but the HTTP server that it answers over. */
export type Talus = {
  config: Config
  observation: Observation
  faults: Faults
  guard: Guard
  sources: Sources
  /** Until `finish` is called. */
  isOpen: () => boolean
  /** Puts every route of the contract into a scope whose prefix is that of the API. */
  mountApi: (scope: FastifyInstance) => void
  /** Has requests of this scope, and of the scopes within, received and accounted for. */
  watch: (scope: FastifyInstance) => void
  /** Opens both namespaces on an HTTP server. */
  attach: (http: HttpServer) => void
  /** Resolves when what was taken in is durable and written to the connections. */
  settled: () => Promise<void>
  /** Refuses new work, lets what was taken in become durable, answers it and ends connections. */
  finish: () => Promise<void>
  /** Closes journal and logs, after `finish`. */
  close: () => Promise<void>
}

/** Puts the parts together, with those that are given in place of the real ones. */
export async function composeTalus(
  config: Config,
  replacements: Replacements,
  { hasTls }: { hasTls: boolean },
): Promise<Talus> {
  let open = true
  const isOpen = () => open
  const composition = { ...(await compose(config, replacements)), isOpen }
  const { observation, faults, sources, core, admission } = composition
  const { sessions, committer, outbox, journal } = core
  const { idleMinutes: minutes, network } = config
  if (minutes > 0) sweepIdle(sessions, { after: sources.after, minutes, isOpen })
  if (config.retainDays !== undefined || config.retainEntries !== undefined) {
    // What became due while no server ran.
    void sessions.removeOld()
  }
  sweepOld(sessions, { after: sources.after, isOpen })
  const guard = {
    perimeter: createPerimeter({ ...network, authenticated: admission.access.authenticated }),
    headers: secureHeaders({ hasTls }),
  }
  let io: RootServer | undefined

  async function flushed(): Promise<void> {
    // Acknowledgements of the last group are on their way to the outbox by the end of this turn.
    await new Promise((resolve) => setImmediate(resolve))
    outbox.flush()
  }

  return {
    config,
    observation,
    faults,
    guard,
    sources,
    isOpen,
    mountApi: (scope) => mountApi(scope, composition),
    watch: (scope) => watchApi(scope, composition),
    attach(http) {
      io = openSockets(http, composition, guard)
    },
    async settled() {
      await committer.drained()
      await flushed()
    },
    async finish() {
      open = false
      admission.dispatcher.close()
      await sessions.drained()
      await flushed()
      // Without a goodbye: clients that are told to go do not come back by themselves.
      io?.engine.close()
    },
    async close() {
      await core.parsers.close()
      await journal.close()
      await observation.close()
    },
  }
}
