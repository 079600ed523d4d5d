import type { Identity } from '../gate/identity.js'
import { networkOf } from './address.js'

/** What a request or a message came with. */
type Origin = { identity: Identity; authenticated: boolean; address: string }

/** Who is charged: the user, or the network of the address when nobody has proven to be somebody. */
export function chargedFor({ identity, authenticated, address }: Origin): string {
  const isUser = authenticated && identity.guest !== true
  return isUser ? `user ${identity.actor.id}` : `address ${networkOf(address)}`
}
