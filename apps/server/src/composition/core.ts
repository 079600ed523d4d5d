import { join } from 'node:path'
import { Hub } from '../broadcast/hub.js'
import { Outbox } from '../broadcast/outbox.js'
import type { Config } from '../config/config.js'
import { graphLimitsOf } from '../config/limit-flags.js'
import type { RateSettings } from '../config/rate-flags.js'
import { createAccess, OPEN_ACCESS, type Access } from '../gate/access.js'
import { authorisedPlan, authorisedSteps, rolesOfTheMoment } from '../gate/authorised-plan.js'
import { GroupCommitter } from '../dispatch/group-committer.js'
import { planTask, planTaskInSteps } from '../dispatch/planning.js'
import { Budgets, type Rate } from '../gate/rate.js'
import { RateLimit } from '../gate/rate-limits.js'
import { Spending } from '../gate/spending.js'
import { Chronicle } from '../history/chronicle.js'
import { openSqliteJournal, type Journal } from '../journal/index.js'
import { AccessChanges } from '../members/access-changes.js'
import { Memberships } from '../members/memberships.js'
import { ShareLinks } from '../members/share-links.js'
import type { Faults } from '../observability/faults.js'
import type { Observation } from '../observability/observation.js'
import {
  timedAppends,
  timedBroadcasts,
  timedPlan,
  timedPlanInSteps,
} from '../observability/timed-parts.js'
import { sampleTemplates } from '../package-files.js'
import { LocalPresence } from '../presence/local-presence.js'
import { pruningPresence } from '../presence/pruning-broadcaster.js'
import { ProjectService } from '../projects/project-service.js'
import { Parsers } from '../parsing/parsers.js'
import { TemplateCatalogue } from '../projects/template-catalogue.js'
import type { Templates } from '../projects/templates.js'
import { SessionStore } from '../sessions/session-store.js'
import type { LetGo } from '../transport/sockets/services.js'
import type { Replacements, Sources } from './replacements.js'

/** What keeps and changes sessions and projects, and tells those who are in them. */
export type Core = {
  journal: Journal
  templates: Templates
  hub: Hub
  presence: LocalPresence
  outbox: Outbox
  letGo: LetGo
  access: Access
  memberships: Memberships
  links: ShareLinks
  committer: GroupCommitter
  /** What commands and project loads may cost. */
  spending: Spending
  sessions: SessionStore
  chronicle: Chronicle
  projects: ProjectService
  parsers: Parsers
}

type Surroundings = {
  config: Config
  replacements: Replacements
  sources: Sources
  observation: Observation
  faults: Faults
  /** Whether callers prove who they are. */
  authenticated: boolean
}

const JOURNAL_FAULTS = {
  stuck: 'durable entries cannot be moved to their tables',
  checkpoint: 'the log cannot be copied into the database',
  disk: 'the disk failed the journal',
  older: 'commands that were acknowledged are missing',
}

function openJournal({ config, replacements, observation }: Surroundings): Promise<Journal> {
  const { dataDir, durability } = config
  const { log, metrics } = observation
  return openSqliteJournal({
    file: join(dataDir, 'talus.db'),
    durability,
    onExposed: (sentence) => log.warn(sentence),
    onFatal(err) {
      log.fatal({ err }, 'the journal is lost')
      // Uncaught unless somebody ends the process: to go on would be to lie.
      if (!replacements.onLost) throw err
      replacements.onLost(err)
    },
    onFault(fault, err) {
      metrics.instruments.journalFaults.inc({ fault })
      log.error({ err, fault }, JOURNAL_FAULTS[fault])
    },
  })
}

/** Messages of a session that tell at once who comes and goes. */
const ARRIVALS: Rate = { perSecond: 5_000, burst: 20_000 }

/** How what happens reaches clients, and who is let go because it does not. */
function openRooms({ config, sources, observation }: Surroundings) {
  const { limits, memory } = config
  const { now, after, elapsed } = sources
  const { log, metrics } = observation
  const { instruments } = metrics
  const arrivals = new Budgets(ARRIVALS, elapsed)
  const mayWrite = (session_id: string, clients: number) => arrivals.take(session_id, clients) === 0
  const hub = new Hub(now, observation.attendance, { after, mayWrite })
  const presence = new LocalPresence(hub, {
    atNextBeat: (work, least) => after(Math.max(1_000 / limits.presenceRate, least), work),
    now: elapsed,
    bytes: memory.presence,
  })
  const published = pruningPresence(hub, presence, log)
  const broadcaster = timedBroadcasts(published, instruments, (id) => hub.count(id))
  const letGo: LetGo = (reason, facts) => {
    instruments.evictions.inc({ reason })
    log.warn({ ...facts, reason }, 'client let go')
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
  return { hub, presence, broadcaster, letGo, outbox }
}

/** What commands may cost their users and sessions. */
function openSpending(rates: RateSettings, elapsed: () => number): Spending {
  const limitOf = (what: string, rate: Rate) => new RateLimit(what, rate, elapsed)
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

/** Opens the journal and puts on it whatever does the work. Rejects when there is no journal. */
export async function openCore(surroundings: Surroundings): Promise<Core> {
  const { config, replacements, sources, observation, faults, authenticated } = surroundings
  const { clock, newId, now } = sources
  const { log, metrics } = observation
  const { instruments } = metrics
  const { templatesDir = sampleTemplates() } = config
  const templates = replacements.templates ?? TemplateCatalogue.open(templatesDir, log)
  const journal = replacements.journal ?? (await openJournal(surroundings))
  const { hub, presence, broadcaster, letGo, outbox } = openRooms(surroundings)
  const committer = new GroupCommitter(timedAppends(journal, instruments))
  const changes = new AccessChanges()
  const memberships = new Memberships({
    changes,
    most: config.limits.members,
    journal,
    now,
    faults,
    onChanged: (session_id, actor_id, role) => {
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
    onRevoked: (session_id) => {
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
  const shared = { journal, newId, now, log, faults, broadcaster, limits }
  const spending = openSpending(config.rates, sources.elapsed)
  const sessions = new SessionStore({
    ...shared,
    committer,
    plan: authorisedPlan(timedPlan(planTask, instruments), access),
    planInSteps: authorisedSteps(timedPlanInSteps(planTaskInSteps, instruments), access),
    spent: isLimited(config.rates) ? (payer, cost) => spending.charge(payer, cost) : undefined,
    blueprintOf: (template_id) => templates.blueprint(template_id),
    retention: { entries, days },
    isOccupied: (session_id) => hub.count(session_id) > 0,
    hasOwners: authenticated,
    forgetRoles: (session_id) => {
      memberships.forget(session_id)
      links.forget(session_id)
    },
  })
  const projects = new ProjectService({
    ...shared,
    stillHas: rolesOfTheMoment(access),
    sessions,
    catalogue: templates,
  })
  const { importValues: values, jsonDepth: depth } = config.limits
  const parsers = new Parsers({ values, depth, graph: limits }, sources.after)
  const chronicle = new Chronicle(journal, faults)
  const rooms = { hub, presence, outbox, letGo }
  return {
    journal,
    templates,
    ...rooms,
    access,
    memberships,
    links,
    committer,
    spending,
    sessions,
    chronicle,
    projects,
    parsers,
  }
}
