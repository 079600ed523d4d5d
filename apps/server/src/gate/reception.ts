import { ANONYMOUS, fail, ok, type Actor, type Result } from '@talus/protocol'
import { guestOf } from './guests.js'
import type { Authenticate, Credentials, Grant, Visitor } from './identity.js'

/** What a client presents: proof of who it is, a share link, and who it claims to be. */
export type Presented = Credentials & {
  share_token: string | undefined
  guest_token: string | undefined
  /** Counts in development only (rule ACT1); of guests, the name does. */
  claimed: Actor
  /** Whether this is a single request, and no connection. */
  isRequest: boolean
}

/** Finds out who is there. Errors: UNAUTHORIZED, and those of storage. */
export type Reception = {
  receive: (presented: Presented) => Promise<Result<Visitor>>
  /** What a share link gives now; undefined when it gives nothing. */
  redeem: (share_token: string) => Promise<Grant | undefined>
}

const NO_GRANTS: ReadonlyMap<string, Grant> = new Map()

/** Development: everybody is who they claim to be. */
export const OPEN_RECEPTION: Reception = {
  receive: async ({ claimed }) => ok({ identity: { actor: claimed }, grants: NO_GRANTS }),
  redeem: async () => undefined,
}

const MISSING = 'a token in the handshake (auth.token) or in the header Authorization: Bearer'

export function createReception(
  authenticate: Authenticate,
  redeem: (share_token: string) => Promise<Grant | undefined>,
): Reception {
  async function grantOf(share_token: string | undefined): Promise<Grant | undefined> {
    return share_token === undefined ? undefined : redeem(share_token)
  }

  return {
    redeem,
    async receive(presented) {
      const { share_token, token, address, headers } = presented
      const grant = await grantOf(share_token)
      const grants = grant ? new Map([[grant.session_id, grant]]) : NO_GRANTS
      if (token === undefined) {
        if (grant) return guestOf(grant, presented)
        const expected = share_token === undefined ? MISSING : 'a share link that still holds'
        return fail('UNAUTHORIZED', 'Authentication is required', [{ path: '/token', expected }])
      }
      const identity = await authenticate({ token, address, headers })
      return identity.ok ? ok({ identity: identity.value, grants }) : identity
    },
  }
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +(.+)$/i.exec(header)?.[1]
}

export const NOBODY: Visitor = { identity: { actor: ANONYMOUS }, grants: NO_GRANTS }
