import { ANONYMOUS, fail, ok, type Actor, type Result } from '@talus/protocol'
import { networkOf } from '../limits/accounts.js'
import type { RateLimit } from '../limits/rate.js'
import type { Instruments } from '../observability/metrics.js'
import {
  guestOf,
  type Authenticate,
  type Credentials,
  type Grant,
  type Visitor,
} from './identity.js'

/** What a client presents: proof of identity, a share link, and the actor that it claims to be. */
export type Presented = Credentials & {
  share_token: string | undefined
  guest_token: string | undefined
  /** Counts in development only (rule ACT1); of guests, the name does. */
  claimed: Actor
  /** Whether this is a single request, and no connection. */
  isRequest: boolean
}

/** Credentials from addresses beyond their rate that are verified at the same time. */
const AT_A_TIME = 16

/** Runs so much work at a time; the rest waits in order. */
class Semaphore {
  readonly #waiting: (() => void)[] = []
  #running = 0

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_A_TIME) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

const NO_GRANTS: ReadonlyMap<string, Grant> = new Map()

/** Behind requests of open routes, and those that no route takes. */
export const NOBODY: Visitor = { identity: { actor: ANONYMOUS }, grants: NO_GRANTS }

const MISSING = 'a token in the handshake (auth.token) or in the header Authorization: Bearer'

type AuthenticatorServices = {
  /** Verifies tokens; null: development, everybody is who they claim to be. */
  authenticate: Authenticate | null
  /** What a share link gives now; undefined when it gives nothing. */
  redeem: (share_token: string) => Promise<Grant | undefined>
  /** Refused credentials of an address. */
  failures: RateLimit
  outcomes: Instruments['authentications']
}

/**
 * Identifies callers by their token or share link.
 *
 * Wrong credentials count by address (rule LIM8). They change nothing for a client with valid ones:
 * behind a proxy that is not named everybody has the same address, and one sender of nonsense would
 * lock out all others. Beyond the rate wrong credentials are answered RATE_LIMITED and verified a few
 * at a time, so that all of them together cost no more than that. Requests without credentials do not
 * count as login attempts.
 */
export class Authenticator {
  readonly #services: AuthenticatorServices
  readonly #accepted
  readonly #beyondRate = new Semaphore()

  constructor(services: AuthenticatorServices) {
    this.#services = services
    this.#accepted = services.outcomes.labels('ok')
  }

  /** Errors: UNAUTHORIZED, RATE_LIMITED, BAD_REQUEST for a guest token that is none. Rejects as storage does. */
  async identify(presented: Presented): Promise<Result<Visitor>> {
    const identified = await this.#limited(presented)
    if (identified.ok) this.#accepted.inc()
    else this.#services.outcomes.inc({ result: identified.error.code })
    return identified
  }

  /** What a share link gives now; undefined when it gives nothing. */
  async redeem(share_token: string): Promise<Grant | undefined> {
    return this.#services.authenticate ? this.#services.redeem(share_token) : undefined
  }

  async #limited(presented: Presented): Promise<Result<Visitor>> {
    const { authenticate, failures } = this.#services
    const { token, share_token, address, claimed } = presented
    if (!authenticate) return ok({ identity: { actor: claimed }, grants: NO_GRANTS })
    const verify = () => this.#verify(authenticate, presented)
    if (token === undefined && share_token === undefined) return verify()
    const network = networkOf(address)
    const isBeyond = failures.peek(network) !== undefined
    const verified = await (isBeyond ? this.#beyondRate.run(verify) : verify())
    if (verified.ok || verified.error.code !== 'UNAUTHORIZED') return verified
    const limited = failures.take(network)
    return limited ? { ok: false, error: limited } : verified
  }

  async #verify(authenticate: Authenticate, presented: Presented): Promise<Result<Visitor>> {
    const { share_token, token, address, headers } = presented
    const grant = share_token === undefined ? undefined : await this.#services.redeem(share_token)
    const grants = grant ? new Map([[grant.session_id, grant]]) : NO_GRANTS
    if (token === undefined) {
      if (grant) return guestOf(grant, presented)
      const expected = share_token === undefined ? MISSING : 'a share link that still holds'
      return fail('UNAUTHORIZED', 'Authentication is required', [{ path: '/token', expected }])
    }
    const identity = await authenticate({ token, address, headers })
    // A copy: a verified identity may be cached for others who present the same token.
    return identity.ok ? ok({ identity: { ...identity.value }, grants }) : identity
  }
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +(\S.*)$/i.exec(header)?.[1]
}
