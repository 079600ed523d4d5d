import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contractText, PROTOCOL_VERSION } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { jwtAuthentication } from './auth/jwt.js'
import { Hub } from './broadcast/hub.js'
import { Outbox } from './broadcast/outbox.js'
import type { Config } from './config/config.js'
import { graphLimitsOf } from './config/limit-flags.js'
import { createAccess, OPEN_ACCESS } from './gate/access.js'
import { Dispatcher } from './gate/dispatcher.js'
import type { DoorName } from './gate/door-name.js'
import type { Authenticate } from './gate/identity.js'
import { limitFailures } from './gate/login-limit.js'
import type { Rate } from './gate/rate.js'
import { RateLimit, SocketMeter } from './gate/rate-limits.js'
import { createReception, OPEN_RECEPTION } from './gate/reception.js'
import { planTask } from './dispatch/planning.js'
import { SessionQuota } from './gate/session-quota.js'
import { GroupCommitter } from './dispatch/group-committer.js'
import { Chronicle } from './history/chronicle.js'
import { Memberships } from './members/memberships.js'
import { ShareLinks } from './members/share-links.js'
import { openSqliteJournal, type Journal } from './journal/index.js'
import { boundedQuestion } from './observability/bounded-question.js'
import { countedReception } from './observability/counted-reception.js'
import { createFaults } from './observability/faults.js'
import { createLogger } from './observability/log.js'
import { observe } from './observability/observation.js'
import { requestMeter } from './observability/request-meter.js'
import { timedAppends, timedBroadcasts, timedPlan } from './observability/timed-parts.js'
import { timestamps } from './observability/timestamps.js'
import type { After } from './presence/beat.js'
import { LocalPresence } from './presence/local-presence.js'
import { pruningPresence } from './presence/pruning-broadcaster.js'
import { ProjectService } from './projects/project-service.js'
import { TemplateCatalogue } from './projects/template-catalogue.js'
import { loadCertificate } from './tls/certificate.js'
import { renewHourly, renewing } from './tls/renewal.js'
import { addressing } from './transport/perimeter/address.js'
import { secureHeaders } from './transport/perimeter/headers.js'
import { createPerimeter } from './transport/perimeter/perimeter.js'
import { sweepIdle } from './sessions/idle-sweep.js'
import { SessionStore } from './sessions/session-store.js'
import { mountAffordances } from './transport/rest/affordance-routes.js'
import { mountDocs } from './transport/rest/docs-routes.js'
import { mountCommands } from './transport/rest/command-routes.js'
import { openDoor } from './transport/rest/door.js'
import { mountGraph } from './transport/rest/graph-routes.js'
import { mountHealth } from './transport/rest/health-routes.js'
import { mountMetrics } from './transport/rest/metrics-route.js'
import { mountMembers } from './transport/rest/member-routes.js'
import { mountProjects } from './transport/rest/project-routes.js'
import { mountHistory } from './transport/rest/history-routes.js'
import { createRestServer } from './transport/rest/rest-server.js'
import { mountSearch } from './transport/rest/search-routes.js'
import { mountSessions } from './transport/rest/session-routes.js'
import { mountTemplates } from './transport/rest/template-routes.js'
import { watchRequests } from './transport/rest/watch.js'
import { openMetricsListener, type MetricsListener } from './transport/metrics-listener.js'
import { connectionsOf, countConnections } from './transport/sockets/connection-counts.js'
import { Connections } from './transport/sockets/connections.js'
import type { LetGo } from './transport/sockets/services.js'
import { attachSockets } from './transport/sockets/socket-server.js'

/** What may be put in place of the real parts: a journal, clock and timer, the source of ids. */
export type Replacements = {
  journal?: Journal
  logger?: Logger
  newId?: () => string
  now?: () => string
  after?: After
  /** Milliseconds that have passed, which rates are counted by; never goes back. */
  elapsed?: () => number
  /** Proves who callers are, in place of JSON Web Tokens. */
  authenticate?: Authenticate
}

/** A server that is composed but does not listen yet. */
export type App = {
  rest: FastifyInstance
  /** Whether it serves the documentation, at `/docs`. */
  hasDocs: boolean
  /** Starts to listen; resolves with the address, e.g. `http://127.0.0.1:5000`. */
  listen: () => Promise<string>
  /** The port of the metrics' own listener, once it listens. */
  metricsPort: () => number | undefined
  /** Opens the files of logs again, after somebody has moved them away. */
  reopenLogs: () => void
  /** Looks at the files of the certificate again; null without TLS. */
  renewCertificate: (() => void) | null
  /** Refuses new work, lets what was taken in become durable, and closes everything. */
  close: () => Promise<void>
}

export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The documentation, where the build has put it; undefined when it is not there. */
function builtDocs(): string | undefined {
  const folder = fileURLToPath(new URL('../dist/docs', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

/** The samples that ship with the package. */
function sampleTemplates(): string {
  return fileURLToPath(new URL('../templates', import.meta.url))
}

function urlOf({ address, family, port }: AddressInfo, scheme: 'http' | 'https'): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** A timer that does not keep the process. */
const afterTimeout: After = (ms, work, signal) => {
  const timer = setTimeout(work, ms).unref()
  signal?.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

/** Answers on their way may take this many milliseconds; then their connections are cut. */
const ANSWER_LIMIT_MS = 3_000

async function closeRest(rest: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => rest.server.closeAllConnections(), ANSWER_LIMIT_MS)
  await rest.close()
  clearTimeout(cut)
}

/** Puts the server together: the only place that picks implementations. */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const { elapsed = () => performance.now() } = replacements
  const clock = () => Date.now()
  const { newId = randomUUID, now = timestamps(clock), after = afterTimeout } = replacements
  const observation = await observe(config, {
    logger: replacements.logger ?? createLogger(config.logLevel),
    after,
    serverVersion: packageVersion(),
  })
  const { log: logger, audit, metrics, tracer } = observation
  const { instruments } = metrics
  const faults = createFaults({ log: logger, newId })
  const authenticate =
    replacements.authenticate ??
    (config.auth && jwtAuthentication(config.auth, { clock, log: logger }))
  const catalogue = TemplateCatalogue.open(config.templatesDir ?? sampleTemplates(), logger)
  const journal =
    replacements.journal ??
    (await openSqliteJournal({
      file: join(config.dataDir, 'talus.db'),
      durability: config.durability,
      onFatal: (err: Error) => logger.fatal({ err }, 'the journal is lost'),
      onStuck: (err: Error) =>
        logger.error({ err }, 'durable entries cannot be moved to their tables'),
    }))
  const hub = new Hub(now, observation.attendance)
  const { limits, rates } = config
  const presence = new LocalPresence(hub, (work) => after(1_000 / limits.presenceRate, work))
  const published = pruningPresence(hub, presence, logger)
  const broadcaster = timedBroadcasts(published, instruments, (id) => hub.count(id))
  const limitOf = (what: string, rate: Rate) => new RateLimit(what, rate, elapsed)
  const json = { depth: limits.jsonDepth, width: limits.jsonWidth }
  const graphLimits = graphLimitsOf(limits)
  const letGo: LetGo = (reason, facts) => {
    instruments.evictions.inc({ reason })
    logger.warn({ ...facts, reason }, 'client let go')
  }
  const outbox = new Outbox({
    maxBytes: limits.bufferedBytes,
    after,
    onSlow: (client_id, waiting_bytes) => letGo('slow', { client_id, waiting_bytes }),
  })
  const committer = new GroupCommitter(timedAppends(journal, instruments))
  const memberships = new Memberships({
    journal,
    now,
    faults,
    onChanged: (session_id, actor_id, role) => {
      hub.showRole(session_id, actor_id, role)
      void hub.review(session_id)
    },
  })
  const links = new ShareLinks({
    journal,
    newId,
    now,
    clock,
    onRevoked: (session_id) => void hub.review(session_id),
  })
  const shared = { journal, newId, now, log: logger, faults }
  const blueprintOf = (template_id: string) => catalogue.blueprint(template_id)
  const { retainEntries: entries, retainDays: days } = config
  const sessions = new SessionStore({
    ...shared,
    broadcaster,
    committer,
    plan: timedPlan(planTask, instruments),
    blueprintOf,
    retention: { entries, days },
    limits: graphLimits,
    isOccupied: (session_id) => hub.count(session_id) > 0,
    hasOwners: authenticate !== null,
    forgetRoles: (session_id) => {
      memberships.forget(session_id)
      links.forget(session_id)
    },
  })
  const { access, reception: received } = authenticate
    ? {
        access: createAccess({
          roles: memberships,
          exists: async (session_id) => (await sessions.get(session_id)).ok,
          isLive: (grant) => links.isLive(grant),
          clock,
          faults,
        }),
        reception: limitFailures(
          createReception(authenticate, (token) => links.redeem(token)),
          limitOf('refused tokens of an address', rates.failedLogins),
        ),
      }
    : { access: OPEN_ACCESS, reception: OPEN_RECEPTION }
  const reception = countedReception(received, instruments)
  const chronicle = new Chronicle(journal, faults)
  const dispatcher = new Dispatcher(sessions, {
    newId,
    past: chronicle,
    limits: {
      json,
      rates: {
        user: limitOf('commands of a user', rates.userCommands),
        session: limitOf('commands of a session', rates.sessionCommands),
      },
    },
  })
  const quota = new SessionQuota({
    perAddress: limitOf('new sessions of an address', rates.newSessions),
    perUser: rates.sessionsPerUser,
    sessionsOf: (actor_id) => memberships.sessionsOf(actor_id),
  })
  const projects = new ProjectService({
    ...shared,
    sessions,
    catalogue,
    broadcaster,
    limits: graphLimits,
  })
  const contractHash = createHash('sha256').update(contractText()).digest('hex')

  let open = true
  if (config.idleMinutes > 0) {
    sweepIdle(sessions, { after, minutes: config.idleMinutes, isOpen: () => open })
  }
  const { network } = config
  const certificate = network.tls && loadCertificate(network.tls)
  const guard = {
    perimeter: createPerimeter({ ...network, authenticated: authenticate !== null }),
    headers: secureHeaders({ hasTls: certificate !== null }),
  }
  const { trustProxy } = network
  const addressOf = addressing(trustProxy)
  const { messageBytes } = limits
  const rest = await createRestServer({
    logger,
    faults,
    guard,
    trustProxy,
    certificate,
    messageBytes,
  })
  const journalAnswers = boundedQuestion(() => journal.ping().then(() => true), after)
  const isReady = async () => open && (await journalAnswers()) === true
  watchRequests(rest, { audit, answered: requestMeter(instruments), tracer })
  const services = {
    sessions,
    dispatcher: observation.watched(dispatcher, 'rest'),
    chronicle,
    after,
    hub,
    contractHash,
    serverVersion: packageVersion(),
    isOpen: () => open,
    belongsToProject: async (session_id: string) =>
      (await journal.listProjects()).some((project) => project.session_id === session_id),
    journalAnswers: async () => (await journalAnswers()) === true,
  }
  openDoor(rest, {
    access,
    reception,
    audit,
    requests: limitOf('requests of a caller', rates.requests),
    quota,
    json,
    sessionOfProject: async (project_id) => (await journal.getProject(project_id))?.session_id,
  })
  mountHealth(rest, services)
  mountSessions(rest, services, (template_id) => catalogue.get(template_id))
  mountMembers(rest, { sessions, memberships, links })
  mountGraph(rest, services)
  mountHistory(rest, services)
  mountAffordances(rest, services)
  mountSearch(rest, services)
  mountCommands(rest, services)
  mountProjects(rest, { projects, importBytes: limits.importBytes })
  mountTemplates(rest, catalogue)
  mountMetrics(rest, metrics.scrape)
  const docs = config.docs ? builtDocs() : undefined
  if (docs !== undefined) await mountDocs(rest, docs)
  const sockets = {
    access,
    reception,
    addressOf,
    clock,
    after,
    sessions,
    dispatcherAt: (door: DoorName) => observation.watched(dispatcher, door),
    hub,
    presence,
    outbox,
    connections: new Connections({
      perAddress: rates.socketsPerAddress,
      perUser: rates.socketsPerUser,
      handshakes: limitOf('handshakes of an address', rates.handshakes),
      addressOf,
      after,
    }),
    quota,
    elapsed,
    newMeter: () =>
      new SocketMeter(
        { messages: rates.messages, commands: rates.socketCommands, pending: limits.pending },
        elapsed,
      ),
    json,
    contractHash,
    faults,
    audit,
    letGo,
  }
  const io = attachSockets(rest.server, sockets, { guard, messageBytes })
  const renewCertificate =
    network.tls && certificate
      ? renewing(rest.server as HttpsServer, {
          files: network.tls,
          current: certificate,
          log: logger,
        })
      : null
  if (renewCertificate) renewHourly(renewCertificate, { after, isOpen: () => open })

  const namespaces = [io.of('/'), io.of('/graph')]
  metrics.expose({
    buildInfo: { version: packageVersion(), protocol: PROTOCOL_VERSION },
    connections: () => countConnections(namespaces),
    openSessions: () => sessions.openCount,
    rooms: () => hub.occupancy().rooms,
    clients: () => hub.occupancy().clients,
    bufferedBytes: () => outbox.bufferedFor(connectionsOf(namespaces)),
    fanOut: () => outbox.counts,
    presenceUpdates: () => presence.updates,
    journal: boundedQuestion(() => journal.size(), after),
    isReady,
  })
  let metricsListener: MetricsListener | undefined

  return {
    rest,
    hasDocs: docs !== undefined,
    metricsPort: () => metricsListener?.port,
    reopenLogs: () => observation.reopen(),
    renewCertificate,
    async listen() {
      if (config.metricsListener) {
        const { scrape } = metrics
        metricsListener = await openMetricsListener({ ...config.metricsListener, scrape })
      }
      await rest.listen({ host: config.host, port: config.port })
      return urlOf(rest.server.address() as AddressInfo, certificate ? 'https' : 'http')
    },
    async close() {
      open = false
      dispatcher.close()
      await sessions.drained()
      // Acknowledgements of the last group are on their way to the outbox by the end of this turn.
      await new Promise((resolve) => setImmediate(resolve))
      outbox.flush()
      // Without a goodbye: clients that are told to go do not come back by themselves.
      io.engine.close()
      await closeRest(rest)
      await metricsListener?.close()
      await journal.close()
      await observation.close()
    },
  }
}
