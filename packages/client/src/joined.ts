import { PROTOCOL_VERSION, type AckFailure, type ClientAck } from '@talus/protocol'
import { TalusError } from './errors.js'

/** What the server said when it let the client in. */
export type Joined = Exclude<ClientAck<'join_session'>, AckFailure>

/** Why this client cannot work with the server: it lacks what the client uses (rule VER1). */
export function refusalOf({ protocol_version: theirs }: Joined): TalusError | undefined {
  const [major, minor = 0] = PROTOCOL_VERSION.split('.').map(Number)
  const [theirMajor, theirMinor = 0] = theirs.split('.').map(Number)
  if (theirMajor === major && theirMinor >= minor) return undefined
  const message = `The server speaks protocol ${theirs}, this client ${PROTOCOL_VERSION}. Install a matching client.`
  return new TalusError({ code: 'UNSUPPORTED_SERVER', message, retryable: false })
}
