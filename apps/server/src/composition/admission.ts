import type { JsonLimits } from '@talus/protocol'
import type { Config } from '../config/config.js'
import type { Access } from '../gate/access.js'
import { Dispatcher } from '../gate/dispatcher.js'
import type { Authenticate } from '../gate/identity.js'
import { limitFailures } from '../gate/login-limit.js'
import type { Rate } from '../gate/rate.js'
import { RateLimit, SocketMeter } from '../gate/rate-limits.js'
import { createReception, OPEN_RECEPTION, type Reception } from '../gate/reception.js'
import { SessionQuota } from '../gate/session-quota.js'
import { WorkLimits } from '../limits/work-limits.js'
import { Allowances, Shared, type Allowance } from '../limits/allowances.js'
import { JoinLimits } from '../limits/join-limits.js'
import { countedReception } from '../observability/counted-reception.js'
import type { Faults } from '../observability/faults.js'
import type { Observation } from '../observability/observation.js'
import { addressing, type AddressOf } from '../transport/perimeter/address.js'
import { Connections } from '../transport/sockets/connections.js'
import type { Sources } from './replacements.js'
import type { Core } from './core.js'

/** Who may come in, do what, and how often. */
export type Admission = {
  access: Access
  reception: Reception
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

type Surroundings = {
  config: Config
  sources: Sources
  observation: Observation
  faults: Faults
  /** Null: nobody proves anything. */
  authenticate: Authenticate | null
}

export function openAdmission(core: Core, surroundings: Surroundings): Admission {
  const { config, sources, observation, authenticate } = surroundings
  const { limits, memory, rates, network } = config
  const { after, elapsed, newId } = sources
  const { access, sessions, journal, links, chronicle, spending } = core
  const limitOf = (what: string, rate: Rate) => new RateLimit(what, rate, elapsed)
  const json = { depth: limits.jsonDepth, width: limits.jsonWidth }
  const addressOf = addressing(network.trustProxy)
  const received = authenticate
    ? limitFailures(
        createReception(authenticate, (token) => links.redeem(token)),
        limitOf('refused tokens of an address', rates.failedLogins),
      )
    : OPEN_RECEPTION
  const dispatcher = new Dispatcher(sessions, {
    newId,
    past: chronicle,
    now: access.now,
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
  const all = new Shared()
  const joinLimits = new JoinLimits({
    user: rates.userJoins,
    session: limitOf('joins of a session', rates.sessionJoins),
    perSocket: rates.joinedPerSocket,
    perUser: rates.joinedPerUser,
    perSession: rates.socketsPerSession,
    now: elapsed,
  })
  return {
    access,
    reception: countedReception(received, observation.metrics.instruments),
    dispatcher,
    quota,
    requests: limitOf('requests of a caller', rates.requests),
    work: new WorkLimits(
      {
        perUser: rates.userWork,
        perSession: rates.sessionWork,
        largeReads: limits.largeReads,
      },
      { elapsed, after },
    ),
    connections,
    newMeter: (user) => new SocketMeter(socketRates, elapsed, { user, all }),
    allowances: new Allowances(elapsed),
    joinLimits,
    userBytes: rates.userBytes,
    addressOf,
    json,
  }
}
