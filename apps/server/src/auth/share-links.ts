import { createHash, randomBytes } from 'node:crypto'
import { type Actor, fail, ok, type Result, type Role } from '@talus/protocol'
import { sessionNotFound } from '../errors.js'
import type { Journal, ShareLinkRecord } from '../journal/journal.js'
import type { Grant } from './identity.js'
import type { Still } from './memberships.js'

type ShareLinkServices = {
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
type ShownLink = Omit<ShareLinkRecord, 'session_id' | 'token_hash' | 'role'> & {
  role: Exclude<Role, 'owner'>
}

type WantedLink = { role: ShownLink['role']; expires_at?: string; by: Actor; still: Still }

/** Bytes of a token: not to be guessed. */
const TOKEN_BYTES = 32

/** Sessions that are rid of expired links when one is redeemed. */
const SESSIONS_AT_ONCE = 2

/** That many in base64url; nothing else is looked for. */
const TOKEN = /^[\w-]{43}$/

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function shown({ link_id, role, expires_at, created_at, created_by }: ShareLinkRecord): ShownLink {
  // The contract lets nobody share ownership.
  const given = role === 'owner' ? 'editor' : role
  return { link_id, role: given, expires_at, created_at, created_by }
}

/** Links that give a role in a session to whoever holds their token. Rejects with `StorageError`. */
export class ShareLinks {
  readonly #services: ShareLinkServices
  /**
   * The links that connections may hold, by session, and until when: what is not here counts no
   * longer. The sessions take turns to be rid of what has expired.
   */
  readonly #live = new Map<string, Map<string, number | undefined>>()
  /** How many times links have ended: what was read before may count no longer. */
  #ends = 0

  constructor(services: ShareLinkServices) {
    this.#services = services
  }

  /** A new link, with the token that is told this once. Errors: BAD_REQUEST, LIMIT_EXCEEDED, SESSION_NOT_FOUND. */
  async create(
    session_id: string,
    { role, expires_at, by, still }: WantedLink,
  ): Promise<Result<{ link: ShownLink; token: string }>> {
    const { journal, most, newId, now, clock } = this.#services
    // Written so that a date which does not exist is refused as well.
    if (expires_at !== undefined && !(Date.parse(expires_at) > clock())) {
      return fail('BAD_REQUEST', 'The link would expire at once', [
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

  async list(session_id: string): Promise<ShownLink[]> {
    return (await this.#services.journal.shareLinks(session_id)).map(shown)
  }

  /** Errors: SHARE_LINK_NOT_FOUND. */
  async revoke(session_id: string, link_id: string): Promise<Result<true>> {
    const { journal, onRevoked } = this.#services
    if (!(await journal.deleteShareLink(session_id, link_id))) {
      return fail('SHARE_LINK_NOT_FOUND', 'The session has no share link with this id')
    }
    this.drop(session_id, link_id)
    onRevoked(session_id, link_id)
    return ok(true)
  }

  /** Another server has revoked a link. */
  drop(session_id: string, link_id: string): void {
    this.#ends += 1
    this.#drop(session_id, link_id)
  }

  /** Whether a link that was redeemed still holds, and has neither been revoked nor gone with its session. */
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
    this.#dropExpired()
    const live = this.#live.get(session_id) ?? new Map<string, number | undefined>()
    this.#live.set(session_id, live.set(link_id, end))
    return { link_id, session_id, role, ...(end === undefined ? {} : { expires_at: end }) }
  }

  /** Looks through the links of some sessions for each that is redeemed: never through all at once. */
  #dropExpired(): void {
    const now = this.#services.clock()
    let turns = SESSIONS_AT_ONCE
    for (const [session_id, links] of this.#live) {
      if (turns-- === 0) return
      for (const [link_id, end] of links) if (end !== undefined && end <= now) links.delete(link_id)
      this.#live.delete(session_id)
      if (links.size > 0) this.#live.set(session_id, links)
    }
  }

  #drop(session_id: string, link_id: string): void {
    const links = this.#live.get(session_id)
    links?.delete(link_id)
    if (links?.size === 0) this.#live.delete(session_id)
  }
}
