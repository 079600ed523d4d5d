import { createHash, randomUUID } from 'node:crypto'
import { contractText, type JsonLimits } from '@talus/protocol'
import type { Logger } from 'pino'
import {
  type Access,
  AccessChanges,
  createAccess,
  OPEN_ACCESS,
  rolesOfTheMoment,
} from './auth/access.js'
import { type Authenticate, Authenticator } from './auth/identity.js'
import { jwtAuthentication } from './auth/jwt.js'
import { Memberships } from './auth/memberships.js'
import { ShareLinks } from './auth/share-links.js'
import { Hub } from './broadcast/hub.js'
import { Outbox } from './broadcast/outbox.js'
import { type After, afterTimeout, boundedQuestion } from './clock.js'
import type { Config } from './config/config.js'
import { graphLimitsOf } from './config/limits.js'
import type { RateSettings } from './config/limits.js'
import { createFaults, type Faults, SettingError } from './errors.js'
import { addressing, type AddressOf } from './http/perimeter.js'
import { Cluster } from './cluster/cluster.js'
import { Following } from './cluster/following.js'
import { audienceOf, broadcasterOf, neighboursOf, refreshRoles, toldOf } from './cluster/links.js'
import { channelOf, redisBus } from './cluster/redis-bus.js'
import type { Journal } from './journal/index.js'
import type { SharedJournal } from './journal/journal.js'
import { storageCause } from './journal/causes.js'
import { Spending, type Spent } from './limits/accounts.js'
import { Budgets, type Rate, RateLimit } from './limits/rate.js'
import { JoinLimits, SessionQuota } from './limits/session-limits.js'
import { SharedRates } from './limits/shared-rates.js'
import { type Allowance, Allowances, SharedAllowance, SocketMeter } from './limits/socket-limits.js'
import { WorkLimits } from './limits/work.js'
import { createLogger } from './observability/log.js'
import { type Observation, observe } from './observability/observation.js'
import { Outage } from './observability/outage.js'
import { openJournal } from './open-journal.js'
import { packageVersion, sampleTemplates } from './files.js'
import { LocalPresence } from './presence/presence.js'
import { Parsers } from './projects/parsers.js'
import { ProjectService } from './projects/service.js'
import { TemplateCatalogue, templateDigest, type Templates } from './projects/templates.js'
import { GroupCommitter } from './session/committer.js'
import { Dispatcher } from './session/dispatcher.js'
import { HistoryReader } from './session/history.js'
import { Planner } from './session/planning.js'
import { SessionStore } from './session/store.js'
import { Connections } from './sockets/connections.js'
import type { LetGo } from './sockets/requests.js'

/** What may be put in place of the real parts: a journal, clock and timer, the source of ids. */
export type Replacements = {
  /**
   * The journal is lost, and whatever is being written must not be answered any more: end the process
   * before this returns. Without it, the error is thrown as an uncaught exception.
   */
  onLost?: (error: Error) => void
  /** Where sessions and projects are kept, in place of the SQLite file in the data folder. */
  journal?: Journal
  /** What is written down, in place of JSON lines on standard error. */
  logger?: Logger
  /** The templates, in place of those in a folder. */
  templates?: Templates
  /** Makes ids of sessions, projects, nodes and commands; each another one. */
  newId?: () => string
  /** The time that entries bear, ISO 8601 in UTC. */
  now?: () => string
  /** Does work after some milliseconds, unless the signal is aborted. */
  after?: After
  /** Milliseconds that have passed, which rates are counted by; never goes back. */
  elapsed?: () => number
  /** Proves who callers are, in place of JSON Web Tokens. */
  authenticate?: Authenticate
}

/** Where time and ids come from. */
export type Sources = Required<Pick<Replacements, 'newId' | 'now' | 'after' | 'elapsed'>> & {
  /** Milliseconds since 1970. */
  clock: () => number
}

function sourcesOf(replacements: Replacements): Sources {
  const clock = () => Date.now()
  const { elapsed = () => performance.now(), after = afterTimeout } = replacements
  const { newId = randomUUID, now = () => new Date(clock()).toISOString() } = replacements
  return { clock, elapsed, after, newId, now }
}

/** What keeps and changes sessions and projects, and tells those who are in them. */
type Core = {
  journal: Journal
  /** Absent: there are no other servers. */
  cluster: Cluster | undefined
  templates: Templates
  hub: Hub
  presence: LocalPresence
  outbox: Outbox
  letGo: LetGo
  access: Access
  memberships: Memberships
  links: ShareLinks
  committer: GroupCommitter
  rates: SharedRates
  limitOf: LimitOf
  /** What commands and project loads may cost. */
  spending: Spending
  sessions: SessionStore
  history: HistoryReader
  projects: ProjectService
  parsers: Parsers
}

type CoreSurroundings = {
  config: Config
  replacements: Replacements
  sources: Sources
  observation: Observation
  faults: Faults
  /** Whether callers prove who they are. */
  authenticated: boolean
  isOpen: () => boolean
}

/** A bug ends a server of its own, in order; an application that goes on keeps its other sessions. */
function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}

const REDIS_ALONE =
  '--redis-url (TALUS_REDIS_URL) is for several servers, which keep their data in PostgreSQL: set --database-url as well'

/** Messages of a session that tell at once who comes and goes. */
const ARRIVALS: Rate = { perSecond: 5_000, burst: 20_000 }

/** Wires the hub, presence and outbox; evicts slow clients. */
function openRooms(
  { config, sources, observation }: CoreSurroundings,
  cluster: Cluster | undefined,
) {
  const { limits, memory } = config
  const { now, after, elapsed } = sources
  const { log, metrics } = observation
  const { instruments } = metrics
  const arrivals = new Budgets(ARRIVALS, elapsed)
  const mayWrite = (session_id: string, clients: number) => arrivals.take(session_id, clients) === 0
  const hub = new Hub({
    now,
    audit: observation.audit,
    instruments,
    pace: { after, mayWrite },
    neighbours: cluster && neighboursOf(cluster),
  })
  const presence = new LocalPresence(cluster ? audienceOf(hub, cluster) : hub, {
    elsewhere: cluster && ((session_id) => cluster.elsewhere.presence(session_id)),
    atNextBeat: (work, least) => after(Math.max(1_000 / limits.presenceRate, least), work),
    now: elapsed,
    bytes: memory.presence,
  })
  const letGo: LetGo = (reason, facts) => {
    instruments.evictions.inc({ reason })
    log.warn({ ...facts, reason }, 'client disconnected by the server')
  }
  const outbox = new Outbox({
    maxBytes: limits.bufferedBytes,
    messageBytes: limits.messageBytes,
    held: { perUser: memory.heldPerUser, inAll: memory.held },
    after,
    onSlow: (client_id, waiting_bytes) => letGo('slow', { client_id, waiting_bytes }),
    onHolding: ({ client_id, owner }, of, held_bytes) =>
      letGo('memory', { client_id, owner, of, held_bytes }),
  })
  return { hub, presence, letGo, outbox }
}

/** A rate that users, addresses or sessions have, over all servers. */
type LimitOf = (what: string, rate: Rate) => RateLimit

/** What commands may cost their users and sessions. */
function openSpending(rates: RateSettings, limitOf: LimitOf): Spending {
  return new Spending({
    bytes: {
      user: limitOf('bytes written for a user', rates.userWrites),
      session: limitOf('bytes written for a session', rates.sessionWrites),
    },
    work: {
      user: limitOf('milliseconds of planning for a user', rates.userPlans),
      session: limitOf('milliseconds of planning in a session', rates.sessionPlans),
    },
  })
}

/** Whether anybody pays for what commands cost. */
function isLimited({ userWrites, sessionWrites, userPlans, sessionPlans }: RateSettings): boolean {
  const rates = [userWrites, sessionWrites, userPlans, sessionPlans]
  return rates.some(({ perSecond }) => perSecond !== Infinity)
}

/** Opens the journal and builds sessions, projects and rooms on it. Rejects when it cannot be opened. */
async function openCore(surroundings: CoreSurroundings): Promise<Core> {
  const { config, replacements, sources, observation, faults, authenticated, isOpen } = surroundings
  const { clock, newId, now } = sources
  const { log, metrics } = observation
  const { instruments } = metrics
  const { templatesDir = sampleTemplates() } = config
  const templates = replacements.templates ?? TemplateCatalogue.open(templatesDir, log)
  const { elapsed } = sources
  const outage = new Outage({ log, elapsed, what: 'the database' })
  const redisOutage = new Outage({ log, elapsed, what: 'Redis' })
  const journal =
    replacements.journal ??
    (await openJournal({ config, observation, onLost: replacements.onLost, outage }))
  const shared = 'heads' in journal ? (journal as SharedJournal) : undefined
  const { redisUrl } = config
  if (redisUrl !== undefined && !shared) throw new SettingError(REDIS_ALONE)
  const cluster =
    shared && redisUrl !== undefined
      ? new Cluster({
          node_id: newId(),
          after: sources.after,
          elapsed: sources.elapsed,
          onFault: (err) => redisOutage.failed(err),
          onWorks: () => redisOutage.works(),
          told: () => told,
        })
      : undefined
  const { hub, presence, letGo, outbox } = openRooms(surroundings, cluster)
  const broadcaster = cluster ? broadcasterOf(hub, cluster) : hub
  const isShared = shared !== undefined
  const committer = new GroupCommitter(journal, instruments, throwUncaught, { isShared })
  const changes = new AccessChanges()
  const memberships = new Memberships({
    changes,
    most: config.limits.members,
    journal,
    now,
    faults,
    exclusively: shared && ((session_id, work) => shared.exclusively(session_id, work)),
    onChanged: (session_id, actor_id, role) => {
      cluster?.tell({ kind: 'roles', session_id, of: { actor_id, role } })
      hub.showRole(session_id, actor_id, role)
      void hub.review(session_id)
    },
  })
  const links = new ShareLinks({
    most: config.limits.shareLinks,
    journal,
    newId,
    now,
    clock,
    onRevoked: (session_id, link_id) => {
      cluster?.tell({ kind: 'revoked', session_id, link_id })
      changes.add(session_id)
      void hub.review(session_id)
    },
  })
  const access = authenticated
    ? createAccess({
        roles: memberships,
        changes,
        exists: async (session_id) => (await journal.findSession(session_id)) !== undefined,
        isLive: (grant) => links.isLive(grant),
        clock,
        faults,
      })
    : OPEN_ACCESS
  const { retainEntries: entries, retainDays: days } = config
  const limits = graphLimitsOf(config.limits)
  const { pendingPerSession: pendingBytes } = config.memory
  const rates = new SharedRates()
  const limitOf: LimitOf = (what, rate) => rates.add(new RateLimit(what, rate, sources.elapsed))
  const spending = openSpending(config.rates, limitOf)
  const spent: Spent | undefined = isLimited(config.rates)
    ? (payer, cost) => spending.charge(payer, cost)
    : undefined
  const sessions = new SessionStore({
    journal,
    newId,
    now,
    log,
    faults,
    broadcaster,
    limits,
    committer,
    presence,
    planner: new Planner(access, instruments),
    spent,
    pendingBytes,
    blueprintOf: (template_id) => templates.blueprint(template_id),
    digestOf: templateDigest,
    retention: { entries, days },
    isOccupied: (session_id) => hub.isOccupied(session_id),
    hasOwners: authenticated,
    heads: shared && ((session_ids) => shared.heads(session_ids)),
    consumedFrom: shared && ((session_id, seq) => shared.consumedFrom(session_id, seq)),
    onAppended: cluster && ((record, seq, bodies) => cluster.tellAppended(record, seq, bodies)),
    onReplaced:
      cluster && ((session_id, epoch) => cluster.tell({ kind: 'session', session_id, epoch })),
    onGone: (session_id) => hub.close(session_id),
    forgetRoles: (session_id) => {
      memberships.forget(session_id)
      links.forget(session_id)
    },
  })
  const projects = new ProjectService({
    journal,
    newId,
    now,
    log,
    faults,
    broadcaster,
    limits,
    stillHas: rolesOfTheMoment(access),
    spent,
    sessions,
    catalogue: templates,
    exclusively: shared && ((project_id, work) => shared.exclusively(project_id, work)),
  })
  const { importValues: values, jsonDepth: depth } = config.limits
  const parsers = new Parsers({ values, depth, graph: limits }, sources.after)
  const history = new HistoryReader(journal, faults)
  const told = toldOf({
    hub,
    presence,
    sessions,
    memberships,
    links,
    changes,
    rates,
    onFollowed: () => instruments.followed.inc({ by: 'push' }),
  })
  if (shared) {
    const following = new Following({
      journal: shared,
      sessions,
      after: sources.after,
      isOpen,
      onRoles: refreshRoles({ hub, memberships }),
      onFault: (err) => outage.failed(err),
      onWorks: () => outage.works(),
      onBehind: (count) => instruments.followed.inc({ by: 'poll' }, count),
    })
    await following.start()
    if (cluster && redisUrl !== undefined)
      await cluster.start(channelOf(shared.store_id), redisBus(redisUrl, shared.store_id))
  }
  return {
    journal,
    cluster,
    templates,
    hub,
    presence,
    outbox,
    letGo,
    access,
    memberships,
    links,
    committer,
    rates,
    limitOf,
    spending,
    sessions,
    history,
    projects,
    parsers,
  }
}

/** Authentication, rates and quotas. */
type Admission = {
  authenticator: Authenticator
  dispatcher: Dispatcher
  quota: SessionQuota
  /** Requests of a caller that are no commands. */
  requests: RateLimit
  /** Reads, by what they cost. */
  work: WorkLimits
  connections: Connections
  newMeter: (user: Allowance) => SocketMeter
  allowances: Allowances
  joinLimits: JoinLimits
  userBytes: Rate
  addressOf: AddressOf
  json: JsonLimits
}

type AdmissionSurroundings = {
  config: Config
  sources: Sources
  observation: Observation
  /** Null: nobody proves anything. */
  authenticate: Authenticate | null
}

function openAdmission(core: Core, surroundings: AdmissionSurroundings): Admission {
  const { config, sources, observation, authenticate } = surroundings
  const { limits, memory, rates, network } = config
  const { after, elapsed, newId } = sources
  const { access, sessions, journal, links, history, spending, limitOf } = core
  const json = { depth: limits.jsonDepth, width: limits.jsonWidth }
  const addressOf = addressing(network.trustProxy)
  const authenticator = new Authenticator({
    authenticate,
    redeem: (token) => links.redeem(token),
    failures: limitOf('refused tokens of an address', rates.failedLogins),
    outcomes: observation.metrics.instruments.authentications,
  })
  const dispatcher = new Dispatcher(sessions, {
    newId,
    past: history,
    now: access.now,
    observer: observation.commands,
    limits: {
      json,
      spending,
      rates: {
        user: limitOf('commands of a user', rates.userCommands),
        session: limitOf('commands of a session', rates.sessionCommands),
      },
    },
  })
  const quota = new SessionQuota({
    perAddress: limitOf('new sessions of an address', rates.newSessions),
    perUser: rates.sessionsPerUser,
    countCreated: (actor_id) => journal.countCreated(actor_id),
  })
  const connections = new Connections({
    perAddress: rates.socketsPerAddress,
    perUser: rates.socketsPerUser,
    handshakes: limitOf('handshakes of an address', rates.handshakes),
    addressOf,
    after,
    authenticated: authenticate !== null,
  })
  const socketRates = {
    messages: rates.messages,
    commands: rates.socketCommands,
    userMessages: rates.userMessages,
    pending: limits.pending,
    userPendingBytes: memory.pendingPerUser,
    allPendingBytes: memory.pending,
  }
  const all = new SharedAllowance()
  const allowances = new Allowances(elapsed)
  core.rates.add(allowances.shared('messages', rates.userMessages))
  core.rates.add(allowances.shared('joins', rates.userJoins))
  core.rates.add(allowances.shared('bytes', rates.userBytes))
  const joinLimits = new JoinLimits({
    user: rates.userJoins,
    session: limitOf('joins of a session', rates.sessionJoins),
    perSocket: rates.joinedPerSocket,
    perUser: rates.joinedPerUser,
    perSession: rates.socketsPerSession,
    now: elapsed,
  })
  return {
    authenticator,
    dispatcher,
    quota,
    requests: limitOf('requests of a caller', rates.requests),
    work: new WorkLimits(
      {
        perUser: limitOf('units of work of a user', rates.userWork),
        perSession: limitOf('units of work of a session', rates.sessionWork),
        largeReads: limits.largeReads,
      },
      after,
    ),
    connections,
    newMeter: (user) => new SocketMeter(socketRates, elapsed, { user, all }),
    allowances,
    joinLimits,
    userBytes: rates.userBytes,
    addressOf,
    json,
  }
}

/** The parts, put together. Those that are given stand in place of the real ones. */
export type Composition = {
  config: Config
  observation: Observation
  faults: Faults
  sources: Sources
  core: Core
  admission: Admission
  contractHash: string
  isOpen: () => boolean
  /** Whether balancers are to send clients here. */
  takesClients: () => boolean
  /** Why commands could not be made durable now; null when they can. */
  unreadiness: () => Promise<string | null>
}

/** `isOpen`: until the server begins to close. `takesClients`: until that is announced. */
export async function compose(
  config: Config,
  replacements: Replacements,
  { isOpen, takesClients }: Pick<Composition, 'isOpen' | 'takesClients'>,
): Promise<Composition> {
  const sources = sourcesOf(replacements)
  const { after, clock, newId } = sources
  const observation = await observe(config, {
    logger: replacements.logger ?? createLogger(config.logLevel),
    after,
    serverVersion: packageVersion(),
  })
  const { log } = observation
  const faults = createFaults({ log, newId })
  const authenticate =
    replacements.authenticate ?? (config.auth && jwtAuthentication(config.auth, { clock, log }))
  const authenticated = authenticate !== null
  const core = await openCore({
    config,
    replacements,
    sources,
    observation,
    faults,
    authenticated,
    isOpen,
  })
  const admission = openAdmission(core, { config, sources, observation, authenticate })
  const ping = boundedQuestion(() => core.journal.ping().then(() => null, causeOf), after)
  return {
    config,
    sources,
    observation,
    faults,
    core,
    admission,
    contractHash: createHash('sha256').update(contractText()).digest('hex'),
    isOpen,
    takesClients,
    unreadiness: async () => {
      const cause = await ping()
      return cause === undefined ? 'The journal does not answer' : cause
    },
  }
}

/** What may be told to anybody: the cause, without paths. */
function causeOf(err: unknown): string {
  const cause = storageCause(err)
  return cause === undefined
    ? 'The journal does not answer'
    : `The data cannot be written: ${cause}`
}
