import type { GraphLimits } from '@talus/graph'
import { MAX_BATCH, MAX_DEPTH, ok, type Result } from '@talus/protocol'
import { countOf, type Flag, type FlagGroup, type Given } from './flag.js'

/** How much is taken in and kept (rules LIM1 to LIM5). `Infinity`: there is no limit. */
export type LimitSettings = {
  /** Bytes of a message, or of the body of a request. */
  messageBytes: number
  /** Bytes of a project file. */
  importBytes: number
  /** Objects, lists and what is in them, of a project file. */
  importValues: number
  jsonDepth: number
  jsonWidth: number
  nodes: number
  /** Ids that deleted nodes of a session have left. */
  formerIds: number
  depth: number
  children: number
  properties: number
  valueBytes: number
  batch: number
  /** Bytes that may wait for a client. */
  bufferedBytes: number
  /** Requests of one socket that are not answered yet. */
  pending: number
  /** Reads of large graphs and long histories that run at once. */
  largeReads: number
  /** Of one session. */
  members: number
  shareLinks: number
  /** Times a second that the presence of clients is shown. */
  presenceRate: number
}

/** A flag whose variable is called like it. */
export function limitFlag<const Name extends string>(
  name: Name,
  fallback: string | undefined,
  help: string,
) {
  const variable = `TALUS_${name.replaceAll('-', '_').toUpperCase()}`
  return { name, variable, fallback, argument: 'N', help } as const
}

const LIMITS = {
  messageBytes: limitFlag('max-message-bytes', '1000000', 'bytes of a message or a request body'),
  importBytes: limitFlag('max-import-bytes', '67108864', 'bytes of a project file'),
  importValues: limitFlag(
    'max-import-values',
    '2000000',
    'objects, lists and what is in them, of a project file',
  ),
  jsonDepth: limitFlag('max-json-depth', `${MAX_DEPTH}`, 'levels of a payload, 10 to 1,000'),
  jsonWidth: limitFlag('max-json-width', '10000', 'keys or items of one object or list'),
  nodes: limitFlag('max-nodes', '500000', 'nodes of a session'),
  formerIds: limitFlag('max-former-ids', '500000', 'ids of deleted nodes of a session'),
  depth: limitFlag('max-depth', '10000', 'levels of nodes'),
  children: limitFlag('max-children', '100000', 'children of a node, or roots'),
  properties: limitFlag('max-properties', '1000', 'properties of a node'),
  valueBytes: limitFlag('max-value-bytes', '1000000', 'bytes of a name or a property'),
  batch: limitFlag('max-batch', `${MAX_BATCH}`, 'commands of a batch'),
  bufferedBytes: limitFlag(
    'max-buffered-bytes',
    '16777216',
    'bytes that wait for a client before it is let go as too slow',
  ),
  pending: limitFlag('max-pending', '20000', 'requests of a socket that wait for their answer'),
  largeReads: limitFlag(
    'max-large-reads',
    '4',
    'large reads at once, half of them in one session or for one user; others wait up to 5 s',
  ),
  members: limitFlag('max-members', '1000', 'members of a session'),
  shareLinks: limitFlag('max-share-links', '1000', 'share links of a session'),
  presenceRate: limitFlag(
    'presence-rate',
    '20',
    'times a second that the presence of a client is shown, the latest each time; 1 to 1,000',
  ),
} as const satisfies Record<keyof LimitSettings, Flag>

/** What has to be bounded, as memory and stack are, or as the contract says. */
const BOUNDS: Partial<Record<keyof LimitSettings, { least: number; most?: number }>> = {
  messageBytes: { least: 1_000, most: 64 * 1024 * 1024 },
  importBytes: { least: 1_000, most: 256 * 1024 * 1024 },
  importValues: { least: 1_000 },
  jsonDepth: { least: 10, most: 1_000 },
  batch: { least: 1, most: MAX_BATCH },
  bufferedBytes: { least: 100_000 },
  pending: { least: 1 },
  largeReads: { least: 1, most: 100 },
  presenceRate: { least: 1, most: 1_000 },
}

/** The limits of a graph, without those that are none: they cost nothing then. */
export function graphLimitsOf(settings: LimitSettings): GraphLimits {
  const { nodes, formerIds, depth, children, properties, valueBytes, batch } = settings
  const all = { nodes, formerIds, depth, children, properties, valueBytes, batch }
  return Object.fromEntries(Object.entries(all).filter(([, most]) => most !== Infinity))
}

/** A count of which 0 stands for no limit. */
export function unlessZero(count: number): number {
  return count === 0 ? Number.POSITIVE_INFINITY : count
}

function readLimits(given: Given): Result<LimitSettings> {
  const settings: Partial<LimitSettings> = {}
  for (const name of Object.keys(LIMITS) as (keyof LimitSettings)[]) {
    const bounds = BOUNDS[name]
    const count = countOf(LIMITS[name], given, bounds ?? { least: 0 })
    if (!count.ok) return count
    settings[name] = bounds ? count.value : unlessZero(count.value)
  }
  // Every flag has been read.
  return ok(settings as LimitSettings)
}

export const LIMIT_FLAGS: FlagGroup<LimitSettings, typeof LIMITS> = {
  title: 'Size limits (0: no limit, for nodes, their parts and width)',
  flags: LIMITS,
  read: readLimits,
}

/** Bytes of memory that clients may hold (rule LIM32). */
export type MemorySettings = {
  /** Requests that are not answered yet: of one user, of one session, and of all. */
  pendingPerUser: number
  pendingPerSession: number
  pending: number
  /** For connections, what they have not read and messages not complete: of one user, and of all. */
  heldPerUser: number
  held: number
  /** Presence states, in all. */
  presence: number
}

const MEMORY = {
  pendingPerUser: limitFlag(
    'max-pending-bytes-per-user',
    '16777216',
    'requests of a user over sockets that wait for their answer, and as much over REST',
  ),
  pendingPerSession: limitFlag(
    'max-pending-bytes-per-session',
    '33554432',
    'commands that wait in a session, and what they came to until it is durable',
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

function readMemory(given: Given): Result<MemorySettings> {
  const settings: Partial<MemorySettings> = {}
  for (const name of Object.keys(MEMORY) as (keyof MemorySettings)[]) {
    const bytes = countOf(MEMORY[name], given, { least: LEAST_BYTES })
    if (!bytes.ok) return bytes
    settings[name] = bytes.value
  }
  // Every flag has been read.
  return ok(settings as MemorySettings)
}

export const MEMORY_FLAGS: FlagGroup<MemorySettings, typeof MEMORY> = {
  title: 'Memory limits for clients, in bytes',
  flags: MEMORY,
  read: readMemory,
}
