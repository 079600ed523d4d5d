import { fail, type Failure } from '@talus/protocol'
import { networkOf } from '../limits/address.js'
import type { RateLimit } from './rate-limits.js'

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
      if (created >= perUser) return tooMany(perUser, created)
    }
    return this.fromAddress(address)
  }
}

function tooMany(most: number, actual: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} sessions that one user created`
  const hint = 'delete one'
  return fail('LIMIT_EXCEEDED', `Expected ${expected}`, [{ path: '', expected, actual, hint }])
    .error
}
