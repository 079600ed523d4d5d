import type { Server as HttpServer } from 'node:http'
import { PROTOCOL_VERSION } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { boundedQuestion } from './clock.js'
import type { Config } from './config/config.js'
import type { Faults } from './errors.js'
import { watchRequests } from './http/accounting.js'
import { Bodies } from './http/bodies.js'
import { mountCommands } from './http/command-routes.js'
import { mountAffordances, mountGraph, mountHistory, mountSearch } from './http/read-routes.js'
import { type Guard, secureHeaders } from './http/guards.js'
import { mountMembers, mountSessions } from './http/session-routes.js'
import { createPerimeter } from './http/perimeter.js'
import { mountProjects, mountTemplates } from './http/project-routes.js'
import { decorateRequests } from './http/request.js'
import { mountHealth } from './http/server-routes.js'
import { requestMeter } from './observability/metrics.js'
import type { Observation } from './observability/observation.js'
import { packageVersion } from './files.js'
import { sweepIdle, sweepOld } from './session/open-sessions.js'
import { connectionsOf, countConnections } from './sockets/connections.js'
import { attachSockets, type RootServer } from './sockets/server.js'
import { KeyedQueue } from './turns.js'
import { compose, type Composition, type Replacements, type Sources } from './wiring.js'

/** Everything but the HTTP server that it answers over. */
type Talus = {
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
  /** Tells balancers to send nobody; everything else goes on. */
  drain: () => void
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
  let draining = false
  const isOpen = () => open
  const takesClients = () => open && !draining
  const composition = await compose(config, replacements, { isOpen, takesClients })
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
    perimeter: createPerimeter({
      corsOrigins: network.corsOrigins,
      allowedHosts: network.allowedHosts,
      authenticated: core.access.authenticated,
    }),
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
    drain() {
      draining = true
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
      await core.cluster?.close()
      await journal.close()
      await observation.close()
    },
  }
}

/** Decorates the scope with what identifies and limits callers, and accounts for answered requests. */
function watchApi(
  scope: FastifyInstance,
  { config, observation, core, admission }: Composition,
): void {
  const { audit, tracer, metrics } = observation
  const { memory } = config
  const { authenticator, requests, work, quota, json, addressOf } = admission
  watchRequests(scope, { audit, answered: requestMeter(metrics.instruments), tracer })
  decorateRequests(scope, {
    access: core.access,
    authenticator,
    audit,
    requests,
    work,
    spending: core.spending,
    quota,
    json,
    bodies: new Bodies({ total: memory.pending, perUser: memory.pendingPerUser }, config.dataDir),
    addressOf,
    turns: new KeyedQueue(),
    sessionOfProject: async (project_id) =>
      (await core.journal.findProject(project_id))?.session_id,
  })
}

/** Mounts every route of the contract. */
function mountApi(scope: FastifyInstance, composition: Composition): void {
  const { config, sources, core, admission, contractHash } = composition
  const { sessions, hub, history, memberships, links, projects, templates, parsers } = core
  const services = {
    sessions,
    dispatcher: admission.dispatcher,
    history,
    after: sources.after,
    hub,
    contractHash,
    serverVersion: packageVersion(),
    takesClients: composition.takesClients,
    unreadiness: composition.unreadiness,
    cluster: core.cluster,
  }
  mountHealth(scope, services)
  mountSessions(scope, services, (template_id) => templates.get(template_id))
  mountMembers(scope, { sessions, memberships, links })
  mountGraph(scope, services)
  mountHistory(scope, services)
  mountAffordances(scope, services)
  mountSearch(scope, services)
  mountCommands(scope, services)
  mountProjects(scope, { projects, sessions, parsers, importBytes: config.limits.importBytes })
  mountTemplates(scope, templates, parsers)
}

function exposeMetrics(
  composition: Composition,
  namespaces: Parameters<typeof connectionsOf>[0],
): void {
  const { observation, sources, core, unreadiness, takesClients } = composition
  const { sessions, hub, outbox, presence, journal } = core
  observation.metrics.expose({
    buildInfo: { version: packageVersion(), protocol: PROTOCOL_VERSION },
    connections: () => countConnections(namespaces),
    openSessions: () => sessions.openCount,
    rooms: () => hub.occupancy().rooms,
    clients: () => hub.occupancy().clients,
    bufferedBytes: () => outbox.bufferedFor(connectionsOf(namespaces)),
    fanOut: () => outbox.counts,
    presenceUpdates: () => presence.updates,
    journal: boundedQuestion(() => journal.size(), sources.after),
    isReady: async () => takesClients() && (await unreadiness()) === null,
    cluster: () => core.cluster ?? { nodes: 0, isConnected: false },
  })
}

/** Opens both namespaces on an HTTP server, and has their connections measured. */
function openSockets(http: HttpServer, composition: Composition, guard: Guard): RootServer {
  const { config, observation, faults, sources, core, admission, contractHash } = composition
  const { after, clock, elapsed, now } = sources
  const services = {
    access: core.access,
    authenticator: admission.authenticator,
    addressOf: admission.addressOf,
    clock,
    now,
    after,
    sessions: core.sessions,
    dispatcher: admission.dispatcher,
    hub: core.hub,
    presence: core.presence,
    outbox: core.outbox,
    connections: admission.connections,
    userBytes: admission.userBytes,
    quota: admission.quota,
    work: admission.work,
    elapsed,
    newMeter: admission.newMeter,
    allowances: admission.allowances,
    joinLimits: admission.joinLimits,
    json: admission.json,
    contractHash,
    faults,
    audit: observation.audit,
    letGo: core.letGo,
    onStray: strayPolls(composition),
  }
  const { messageBytes } = config.limits
  const io = attachSockets(http, services, { guard, messageBytes })
  exposeMetrics(composition, [io.of('/'), io.of('/graph')])
  return io
}

/** So often the log says that polling comes to the wrong server. */
const STRAY_LOG_MS = 60_000

/** Counts polling that reaches a server without its connection; with several servers it is logged, too. */
function strayPolls({ core, observation, sources }: Composition): () => void {
  const { log, metrics } = observation
  const isShared = 'heads' in core.journal
  let loggedAt = -Infinity
  return () => {
    metrics.instruments.strayPolls.inc()
    if (!isShared || sources.elapsed() - loggedAt < STRAY_LOG_MS) return
    loggedAt = sources.elapsed()
    log.warn(
      'long polling reached a server that does not have its connection: set sticky sessions in the balancer, or let clients use WebSocket only',
    )
  }
}
