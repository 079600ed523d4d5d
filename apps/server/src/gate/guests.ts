import { createHash, createHmac, randomBytes } from 'node:crypto'
import { fail, ok, type Actor, type Result } from '@talus/protocol'
import { networkOf } from '../limits/address.js'
import { GUEST_PREFIX, type Grant, type Visitor } from './identity.js'

/** Bytes of a guest's token: not to be guessed. */
const TOKEN_BYTES = 32

/** That many in base64url. */
const TOKEN = /^[\w-]{43}$/

/** Characters of a guest's own part of its id: 132 bits. */
const ID_LENGTH = 22

/** What a guest presents beside the link. */
export type GuestClaim = {
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

const NO_TOKEN = fail('BAD_REQUEST', 'This is no token of a guest', [
  { path: '/guest_token', expected: 'a guest token as this server made it, or none' },
])

/**
 * One guest of a share link (rule AUTH11): a person with an id of its own, which follows from the
 * token that it holds. Nobody else can be it, and nothing has to be kept. Errors: BAD_REQUEST.
 */
export function guestOf(grant: Grant, claim: GuestClaim): Result<Visitor> {
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
