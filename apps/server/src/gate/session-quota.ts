import { fail, type Failure, type Role } from '@talus/protocol'
import { networkOf } from '../limits/address.js'
import type { RateLimit } from './rate-limits.js'

type QuotaServices = {
  perAddress: RateLimit
  /** How many sessions one user may own; `Infinity`: any number, or nobody owns any. */
  perUser: number
  sessionsOf: (actor_id: string) => Promise<readonly { role: Role }[]>
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

  /** Counts a new session. A refusal: LIMIT_EXCEEDED when the user owns too many, RATE_LIMITED. */
  async admit(actor_id: string, address: string): Promise<Failure | undefined> {
    const { perUser, sessionsOf } = this.#services
    if (perUser !== Infinity) {
      const owned = (await sessionsOf(actor_id)).filter(({ role }) => role === 'owner').length
      if (owned >= perUser) return tooMany(perUser, owned)
    }
    return this.fromAddress(address)
  }
}

function tooMany(most: number, actual: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} sessions of one owner`
  const hint = 'delete one, or give it to another owner and leave'
  return fail('LIMIT_EXCEEDED', `Expected ${expected}`, [{ path: '', expected, actual, hint }])
    .error
}
