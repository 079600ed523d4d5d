import { ok, type Result } from '@talus/protocol'
import { countOf, type Flag, type FlagGroup, type Given } from './flag.js'
import { limitFlag } from './limit-flags.js'

/** Bytes of memory that clients may hold (rule LIM32). */
export type MemorySettings = {
  /** Requests that are not answered yet: of one user, and of all. */
  pendingPerUser: number
  pending: number
  /** For connections, what they have not read and messages not complete: of one user, and of all. */
  heldPerUser: number
  held: number
  /** Presence states, in all. */
  presence: number
}

const FLAGS = {
  pendingPerUser: limitFlag(
    'max-pending-bytes-per-user',
    '16777216',
    'requests of a user over sockets that wait for their answer',
  ),
  pending: limitFlag('max-pending-bytes', '67108864', 'the same of all users'),
  heldPerUser: limitFlag(
    'max-held-bytes-per-user',
    '33554432',
    'unread answers and incomplete messages of a user; beyond, the largest connection ends',
  ),
  held: limitFlag('max-held-bytes', '134217728', 'the same of all users'),
  presence: limitFlag(
    'max-presence-bytes',
    '67108864',
    'presence states; a session has a sixteenth of it, a user a sixty-fourth',
  ),
} as const satisfies Record<keyof MemorySettings, Flag>

const LEAST_BYTES = 1_000_000

function read(given: Given): Result<MemorySettings> {
  const settings: Partial<MemorySettings> = {}
  for (const name of Object.keys(FLAGS) as (keyof MemorySettings)[]) {
    const bytes = countOf(FLAGS[name], given, { least: LEAST_BYTES })
    if (!bytes.ok) return bytes
    settings[name] = bytes.value
  }
  // Every flag has been read.
  return ok(settings as MemorySettings)
}

export const MEMORY_FLAGS: FlagGroup<MemorySettings, typeof FLAGS> = {
  title: 'How much memory clients may hold, in bytes',
  flags: FLAGS,
  read,
}
