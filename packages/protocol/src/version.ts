/**
 * The version of the wire protocol, `major.minor`. A minor version only adds; a major version may
 * change or remove.
 *
 * - 1.0: the two documents of January 2026: rooms, graph events, command lifecycle, both namespaces.
 * - 1.1: acknowledgements, `seq`, per-actor undo, batch, preview, the `changes` stream, time travel,
 *   history, restore, presence, search, affordances.
 * - 1.2: authentication, roles, members, share links.
 * - 1.3: rules per type and property, limits, ids of internal errors.
 */
export const PROTOCOL_VERSION = '1.3'

/** The oldest client version that this protocol still serves. */
export const MIN_PROTOCOL_VERSION = '1.0'

const VERSION = /^(\d{1,4})\.(\d{1,4})$/

function parts(version: string): { major: number; minor: number } | undefined {
  const match = VERSION.exec(version)
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined
}

/** Whether a client that speaks `version` may talk to this protocol (rule VER1). */
export function isSupportedVersion(version: string): boolean {
  const client = parts(version)
  const oldest = parts(MIN_PROTOCOL_VERSION)
  const newest = parts(PROTOCOL_VERSION)
  if (!client || !oldest || !newest) return false
  if (client.major === oldest.major && client.minor < oldest.minor) return false
  return client.major >= oldest.major && client.major <= newest.major
}
