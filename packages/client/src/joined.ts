import { PROTOCOL_VERSION, type AckFailure, type ClientAck } from '@talus/protocol'
import { asErrorBody, ownError, TalusError } from './errors.js'

/** What the server said when it let the client in. */
export type Joined = Exclude<ClientAck<'join_session'>, AckFailure>

/** Whether a server of this version has all that the client uses (rule VER1). */
function suffices(theirs: string): boolean {
  const [major, minor = 0] = PROTOCOL_VERSION.split('.').map(Number)
  const [theirMajor, theirMinor = 0] = theirs.split('.').map(Number)
  return theirMajor === major && theirMinor >= minor
}

/**
 * Reads the answer to a join: an error when it is a refusal, or comes from a server that this
 * client cannot work with. What speaks another protocol may have answered anything.
 */
export function readJoined(answer: unknown): Joined | TalusError {
  const { ok, error, protocol_version: theirs } = (answer ?? {}) as Record<string, unknown>
  const refusal = ok === false ? asErrorBody(error) : undefined
  if (refusal) return new TalusError(refusal)
  const isVersion = typeof theirs === 'string'
  if (ok === true && isVersion && suffices(theirs)) return answer as Joined
  const spoken = isVersion ? `protocol ${theirs}` : 'another protocol'
  const message = `The server speaks ${spoken}, this client ${PROTOCOL_VERSION}. Install a matching client.`
  return ownError('UNSUPPORTED_SERVER', message, false)
}
