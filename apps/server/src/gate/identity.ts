import { ANONYMOUS, type Actor, type Result, type Role } from '@talus/protocol'

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

/** What the ids of those begin with for whom nothing but a share link speaks. */
export const GUEST_PREFIX = 'guest:'

/** What all guests of a link have in common, of the id of one; undefined: it is no guest's. */
export function linkOfGuest(id: string): string | undefined {
  return id.startsWith(GUEST_PREFIX) ? /^guest:[^:]*/.exec(id)?.[0] : undefined
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
  /** Who it has proven to be; in development, who it claims to be. */
  identity: Identity
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
