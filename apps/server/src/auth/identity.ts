import { createHash, createHmac, randomBytes } from 'node:crypto'
import {
  Actor,
  type ActorClaim,
  ANONYMOUS,
  check,
  fail,
  type Failure,
  ok,
  type Result,
  type Role,
} from '@talus/protocol'
import { GUEST_PREFIX, networkOf } from '../limits/accounts.js'
import type { RateLimit } from '../limits/rate.js'
import type { Instruments } from '../observability/metrics.js'
import type { Trace } from '../observability/tracing.js'

/** Who a client has proven to be. */
export type Identity = {
  actor: Actor
  /** Milliseconds since 1970 from which on it counts no longer; absent: it does not end. */
  expires_at?: number
  /** Whether this is an administrator: owner of every session. */
  admin?: boolean
  /** Whether nothing but a share link speaks for this one. */
  guest?: boolean
  /** Of a guest: the link that it came by. */
  link_id?: string
}

/** Whether an id is one that the server gives itself, and nobody can prove to be (rule AUTH7). */
export function isReservedId(id: string): boolean {
  return id === ANONYMOUS.id || id.startsWith(GUEST_PREFIX)
}

/** What a client presents to prove who it is. */
export type Credentials = {
  /** The bearer token of the handshake or of the header `Authorization`. */
  token: string | undefined
  /** The address that it comes from. */
  address: string
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Finds out who a client is. Errors: UNAUTHORIZED, with what was expected. Never rejects. */
export type Authenticate = (credentials: Credentials) => Promise<Result<Identity>>

/** Who is at the other end of a connection or a request, and what was presented. */
export type Visitor = {
  /**
   * Who it has proven to be; in development, who it claims to be. One object for as long as the
   * visitor stays: `renew` writes into it.
   */
  readonly identity: Identity
  /** What its share links give, by session. */
  grants: ReadonlyMap<string, Grant>
  /** Of a guest: what it presents the next time to be the same one. */
  guest_token?: string
}

/** The role that a share link gives to whoever presents it, in one session, for a time. */
export type Grant = {
  link_id: string
  session_id: string
  role: Role
  /** Milliseconds since 1970; absent: until it is revoked. */
  expires_at?: number
}

/**
 * The visitor has proven anew that it is the same one: from now on that counts, also for whatever it
 * has asked for and waits for. False, and nothing has changed, when it is another one.
 */
export function renew({ identity }: Visitor, proven: Identity): boolean {
  if (identity.actor.id !== proven.actor.id) return false
  delete identity.expires_at
  delete identity.admin
  Object.assign(identity, proven)
  return true
}

/**
 * Who asks, and what they may do; `refusal` says why that is nothing. `session_id` is the only
 * session in which the role counts; absent, it counts in all of them. `trace` follows what they ask
 * for, while somebody traces. `visitor` and `as_of` are what the role was decided by, so that it can
 * be decided again; `admin`: owner of every session, also of one that is gone.
 */
export type Caller = {
  actor: Actor
  session_id?: string | null
  trace?: Trace | undefined
  visitor?: Visitor
  as_of?: number
  admin?: boolean | undefined
} & ({ role: Role } | { role: null; refusal: Failure })

/** What a client says of itself, as an actor; nothing or nonsense is the anonymous actor. */
export function actorOf(claim: ActorClaim | undefined): Actor {
  if (claim === undefined) return ANONYMOUS
  const actor = typeof claim === 'string' ? { id: claim } : claim
  return check(Actor, actor).ok ? actor : ANONYMOUS
}

/** The role of a caller who has been let in. */
export function roleOf({ role }: Caller): Role {
  return role ?? 'viewer'
}

/** Bytes of a guest's token: not to be guessed. */
const TOKEN_BYTES = 32

/** That many in base64url. */
const TOKEN = /^[\w-]{43}$/

/** Characters of a guest's own part of its id: 132 bits. */
const ID_LENGTH = 22

/** What a guest presents beside the link. */
type GuestClaim = {
  guest_token: string | undefined
  /** The name counts, the id does not. */
  claimed: Actor
  address: string
  /** A request is no connection: without a token it counts as its address. */
  isRequest: boolean
}

/** Addresses are kept out of ids by a key that nobody learns, other with each start. */
const addressKey = randomBytes(TOKEN_BYTES)

function idOfToken({ link_id }: Grant, token: string): string {
  return createHash('sha256').update(`${link_id} ${token}`).digest('base64url').slice(0, ID_LENGTH)
}

function idOfAddress({ link_id }: Grant, address: string): string {
  const hash = createHmac('sha256', addressKey).update(`${link_id} ${networkOf(address)}`)
  return hash.digest('base64url').slice(0, ID_LENGTH)
}

const NO_TOKEN = fail('BAD_REQUEST', 'This is not a token of a guest', [
  { path: '/guest_token', expected: 'a guest token as this server made it, or none' },
])

/**
 * One guest of a share link (rule AUTH11): a person with an id of its own, which follows from the
 * token that it holds. Nobody else can be it, and nothing has to be kept. Errors: BAD_REQUEST.
 */
function guestOf(grant: Grant, claim: GuestClaim): Result<Visitor> {
  const { guest_token: presented, claimed, address, isRequest } = claim
  if (presented !== undefined && !TOKEN.test(presented)) return NO_TOKEN
  const guest_token = presented ?? randomBytes(TOKEN_BYTES).toString('base64url')
  const isUnknown = presented === undefined && isRequest
  const own = isUnknown ? idOfAddress(grant, address) : idOfToken(grant, guest_token)
  const { link_id, session_id } = grant
  const actor = { id: `${GUEST_PREFIX}${link_id}:${own}`, name: claimed.name ?? 'Guest' }
  const identity = { actor, guest: true, link_id }
  return ok({ identity, grants: new Map([[session_id, grant]]), guest_token })
}

/** What a client presents: proof of identity, a share link, and the actor that it claims to be. */
type Presented = Credentials & {
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
