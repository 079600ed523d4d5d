import { createHash, randomBytes } from 'node:crypto'
import { fail, ok, type Actor, type Result, type Role } from '@talus/protocol'
import { sessionNotFound } from '../dispatch/failures.js'
import type { Grant } from '../gate/identity.js'
import type { Journal, ShareLinkRecord } from '../journal/journal.js'
import type { Still } from './memberships.js'

type Services = {
  journal: Journal
  /** How many links a session may have. */
  most: number
  newId: () => string
  now: () => string
  /** Milliseconds since 1970. */
  clock: () => number
  /** Called once a link gives nothing any longer. */
  onRevoked: (session_id: string, link_id: string) => void
}

/** What owners see of a link. */
type Shown = Omit<ShareLinkRecord, 'session_id' | 'token_hash' | 'role'> & {
  role: Exclude<Role, 'owner'>
}

type Wanted = { role: Shown['role']; expires_at?: string; by: Actor; still: Still }

/** Bytes of a token: not to be guessed. */
const TOKEN_BYTES = 32

/** That many in base64url; nothing else is looked for. */
const TOKEN = /^[\w-]{43}$/

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function shown({ link_id, role, expires_at, created_at, created_by }: ShareLinkRecord): Shown {
  // The contract lets nobody share ownership.
  const given = role === 'owner' ? 'editor' : role
  return { link_id, role: given, expires_at, created_at, created_by }
}

/** Links that give a role in a session to whoever holds their token. Rejects with `StorageError`. */
export class ShareLinks {
  readonly #services: Services
  /** The links that connections may hold, by session: what is not here counts no longer. */
  readonly #live = new Map<string, Set<string>>()
  /** How many times links have ended: what was read before may count no longer. */
  #ends = 0

  constructor(services: Services) {
    this.#services = services
  }

  /** A new link, with the token that is told this once. Errors: BAD_REQUEST, LIMIT_EXCEEDED, SESSION_NOT_FOUND. */
  async create(
    session_id: string,
    { role, expires_at, by, still }: Wanted,
  ): Promise<Result<{ link: Shown; token: string }>> {
    const { journal, most, newId, now, clock } = this.#services
    // Written so that a date which does not exist is refused as well.
    if (expires_at !== undefined && !(Date.parse(expires_at) > clock())) {
      return fail('BAD_REQUEST', 'The link would never hold', [
        { path: '/expires_at', expected: 'a time in the future', actual: expires_at },
      ])
    }
    const { length } = await journal.shareLinks(session_id)
    if (length >= most) {
      const expected = `at most ${most.toLocaleString('en')} share links of a session`
      const hint = 'revoke one that nobody needs any longer'
      const details = [{ path: '', expected, actual: length + 1, hint }]
      return fail('LIMIT_EXCEEDED', `Expected ${expected}`, details)
    }
    const may = still()
    if (!may.ok) return may
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const record: ShareLinkRecord = {
      link_id: newId(),
      session_id,
      token_hash: hashOf(token),
      role,
      expires_at: expires_at ?? null,
      created_at: now(),
      created_by: by.id,
    }
    const created = await journal.createShareLink(record)
    if (!created) return { ok: false, error: sessionNotFound(session_id) }
    return ok({ link: shown(record), token })
  }

  async list(session_id: string): Promise<Shown[]> {
    return (await this.#services.journal.shareLinks(session_id)).map(shown)
  }

  /** Errors: SHARE_LINK_NOT_FOUND. */
  async revoke(session_id: string, link_id: string): Promise<Result<true>> {
    const { journal, onRevoked } = this.#services
    if (!(await journal.deleteShareLink(session_id, link_id))) {
      return fail('SHARE_LINK_NOT_FOUND', 'The session has no share link with this id')
    }
    this.#ends += 1
    this.#live.get(session_id)?.delete(link_id)
    onRevoked(session_id, link_id)
    return ok(true)
  }

  /** Whether a link that was redeemed has been neither revoked nor deleted with its session. */
  isLive({ session_id, link_id }: Grant): boolean {
    return this.#live.get(session_id)?.has(link_id) ?? false
  }

  /** The session is new or gone: links that were redeemed under its id are another's. */
  forget(session_id: string): void {
    this.#ends += 1
    this.#live.delete(session_id)
  }

  /** What a token gives now; undefined when it gives nothing. */
  async redeem(token: string): Promise<Grant | undefined> {
    if (!TOKEN.test(token)) return undefined
    const ends = this.#ends
    const link = await this.#services.journal.findShareLink(hashOf(token))
    if (!link) return undefined
    if (ends !== this.#ends) return this.redeem(token)
    const { link_id, session_id, role, expires_at } = link
    const end = expires_at === null ? undefined : Date.parse(expires_at)
    if (end !== undefined && end <= this.#services.clock()) return undefined
    const live = this.#live.get(session_id) ?? new Set()
    this.#live.set(session_id, live.add(link_id))
    return { link_id, session_id, role, ...(end === undefined ? {} : { expires_at: end }) }
  }
}
