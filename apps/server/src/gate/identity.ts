import type { Actor, Result, Role } from '@talus/protocol'

/** Who a client has proven to be. */
export type Identity = {
  actor: Actor
  /** Milliseconds since 1970 from which on it counts no longer; absent: it does not end. */
  expires_at?: number
  /** Whether this is an administrator: owner of every session. */
  admin?: boolean
  /** Whether nothing but a share link speaks for this one. */
  guest?: boolean
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

/** The role that a share link gives to whoever presents it, in one session, for a time. */
export type Grant = {
  link_id: string
  session_id: string
  role: Role
  /** Milliseconds since 1970; absent: until it is revoked. */
  expires_at?: number
}
