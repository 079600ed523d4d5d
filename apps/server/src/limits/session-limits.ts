import type { Failure } from '@talus/protocol'
import { networkOf } from './accounts.js'
import { beyond, type Rate, type RateLimit, rateLimited } from './rate.js'
import type { Allowance } from './socket-limits.js'

type QuotaServices = {
  perAddress: RateLimit
  /** How many sessions of one user's making may be there; `Infinity`: any number. */
  perUser: number
  /** How many sessions that somebody created are there, whoever owns them now. */
  countCreated: (actor_id: string) => Promise<number>
}

/** Who may make how many sessions (rule LIM9). */
export class SessionQuota {
  readonly #services: QuotaServices

  constructor(services: QuotaServices) {
    this.#services = services
  }

  /** Counts a new session of an address. A refusal: RATE_LIMITED. */
  fromAddress(address: string): Failure | undefined {
    return this.#services.perAddress.take(networkOf(address))
  }

  /**
   * Counts a new session. It counts for whoever created it until it is deleted: owners can be given
   * a session without being asked, and one that was given away still takes its place on the disk. A
   * refusal: LIMIT_EXCEEDED, RATE_LIMITED.
   */
  async admit(actor_id: string, address: string): Promise<Failure | undefined> {
    const { perUser, countCreated } = this.#services
    if (perUser !== Infinity) {
      const created = await countCreated(actor_id)
      if (created >= perUser) {
        const most = `${perUser.toLocaleString('en')} sessions that one user created`
        return beyond('LIMIT_EXCEEDED', most, { actual: created, hint: 'delete one' })
      }
    }
    return this.fromAddress(address)
  }
}

type JoinSettings = {
  user: Rate
  session: RateLimit
  perSocket: number
  perUser: number
  /** Sockets in one session. */
  perSession: number
  /** Milliseconds of a clock that never goes back. */
  now: () => number
}

/** A join: what it leads to, and who asks for it. */
type Join = {
  session_id: string
  user: Allowance
  /** Sessions that the socket is in. */
  joined: number
  /** Whether the socket is in this session already. */
  isMember: boolean
  /** Clients in the session: each is told of the join and of the end of it. */
  clients: number
  /** Bytes of presence that the joiner is told. */
  presenceBytes: number
}

/** What counts as one more join: messages to others, and bytes to the joiner. */
const CLIENTS_SHARE = 50
const BYTES_SHARE = 65_536
/** Entries of a resume that count as one more join. */
const ENTRIES_SHARE = 100

/** The longest that a user waits to join again, in milliseconds. */
const LONGEST_DEBT_MS = 30_000

function tooMany(what: string, most: number): Failure {
  const hint = 'leave one of them first'
  return beyond('LIMIT_EXCEEDED', `${most.toLocaleString('en')} ${what}`, { hint })
}

/** How often sessions are joined, and how many somebody is in at a time (rule LIM31). */
export class JoinLimits {
  readonly #settings: JoinSettings

  constructor(settings: JoinSettings) {
    this.#settings = settings
  }

  /** Counts a join. A refusal: LIMIT_EXCEEDED, RATE_LIMITED. */
  take(join: Join): Failure | undefined {
    const { user: rate, session, now } = this.#settings
    const crowded = join.isMember ? undefined : this.#crowded(join)
    if (crowded) return crowded
    const { clients, presenceBytes, user, session_id } = join
    const cost = 1 + Math.floor(clients / CLIENTS_SHARE) + Math.floor(presenceBytes / BYTES_SHARE)
    if (rate.perSecond !== Infinity) {
      const wait = user.joins.take(rate, now(), cost)
      if (wait > 0) return rateLimited('joins of a user', rate, wait)
    }
    return session.take(session_id, cost)
  }

  /** Counts so many bytes of entries, which a join is to be answered with. A refusal: RATE_LIMITED. */
  takeBytes(user: Allowance, bytes: number): Failure | undefined {
    const { user: rate, now } = this.#settings
    const cost = Math.floor(bytes / BYTES_SHARE)
    if (rate.perSecond === Infinity || cost === 0) return undefined
    const wait = user.joins.take(rate, now(), cost)
    return wait > 0 ? rateLimited('joins of a user', rate, wait) : undefined
  }

  /** Counts the entries that a join was answered with. */
  chargeEntries(user: Allowance, entries: number): void {
    const { user: rate, now } = this.#settings
    if (rate.perSecond === Infinity || entries < ENTRIES_SHARE) return
    const cost = Math.floor(entries / ENTRIES_SHARE)
    user.joins.owe(rate, now(), { cost, most: LONGEST_DEBT_MS })
  }

  #crowded({ joined, user, clients }: Join): Failure | undefined {
    const { perSocket, perUser, perSession } = this.#settings
    if (joined >= perSocket) return tooMany('sessions joined by one socket', perSocket)
    if (user.memberships >= perUser) {
      return tooMany('memberships of the sockets of one user in sessions', perUser)
    }
    return clients >= perSession ? tooMany('sockets in one session', perSession) : undefined
  }
}
