import type { GraphLimits } from '@talus/graph'
import { MAX_BATCH, MAX_DEPTH } from '@talus/protocol'
import type { Rate } from '../limits/rate.js'
import { count, parsed, unlessZero, type ValuesOf } from './setting.js'

/** A count; 0, which stands for no limit, is read as `Infinity`. */
function limit<const Flag extends string, const D extends string>(
  flag: Flag,
  fallback: D,
  help: string,
) {
  const parse = (text: string) => (/^\d{1,9}$/.test(text) ? unlessZero(Number(text)) : undefined)
  const expected = 'a whole number from 0 to 999999999'
  return parsed(`${flag} N`, fallback, help, { parse, expected })
}

/** How much is taken in and kept (rules LIM1 to LIM5). What has to be bounded has bounds. */
export const LIMITS = {
  messageBytes: count('max-message-bytes N', '1000000', 'bytes of a message or a request body', {
    least: 1_000,
    most: 64 * 1024 * 1024,
  }),
  importBytes: count('max-import-bytes N', '67108864', 'bytes of a project file', {
    least: 1_000,
    most: 256 * 1024 * 1024,
  }),
  importValues: count(
    'max-import-values N',
    '2000000',
    'values of a project file: objects, lists and their items',
    { least: 1_000 },
  ),
  jsonDepth: count('max-json-depth N', `${MAX_DEPTH}`, 'levels of a payload, 10 to 1,000', {
    least: 10,
    most: 1_000,
  }),
  jsonWidth: limit('max-json-width', '10000', 'keys or items of one object or list'),
  nodes: limit('max-nodes', '500000', 'nodes of a session'),
  formerIds: limit('max-former-ids', '500000', 'ids of deleted nodes of a session'),
  depth: limit('max-depth', '10000', 'levels of nodes'),
  children: limit('max-children', '100000', 'children of a node, or roots'),
  properties: limit('max-properties', '1000', 'properties of a node'),
  valueBytes: limit('max-value-bytes', '1000000', 'bytes of a name or a property'),
  batch: count('max-batch N', `${MAX_BATCH}`, 'commands of a batch', { least: 1, most: MAX_BATCH }),
  bufferedBytes: count(
    'max-buffered-bytes N',
    '16777216',
    'unsent bytes of a client; a slower client is disconnected',
    { least: 100_000 },
  ),
  /** Of one socket. */
  pending: count('max-pending N', '20000', 'unanswered requests of a socket', {
    least: 1,
  }),
  largeReads: count(
    'max-large-reads N',
    '4',
    'concurrent large reads, half of them for one session or user; others wait up to 5 s',
    { least: 1, most: 100 },
  ),
  members: limit('max-members', '1000', 'members of a session'),
  shareLinks: limit('max-share-links', '1000', 'share links of a session'),
  presenceRate: count(
    'presence-rate N',
    '20',
    'presence updates of a client that are sent per second, 1 to 1,000; intermediate ones are dropped',
    { least: 1, most: 1_000 },
  ),
}

/** The limits of a graph, without those that are none: they cost nothing then. */
export function graphLimitsOf(settings: ValuesOf<typeof LIMITS>): GraphLimits {
  const { nodes, formerIds, depth, children, properties, valueBytes, batch } = settings
  const all = { nodes, formerIds, depth, children, properties, valueBytes, batch }
  return Object.fromEntries(Object.entries(all).filter(([, most]) => most !== Infinity))
}

function bytes<const Flag extends string, const D extends string>(
  flag: Flag,
  fallback: D,
  help: string,
) {
  return count(`${flag} N`, fallback, help, { least: 1_000_000 })
}

/** Bytes of memory that clients may hold (rule LIM32). */
export const MEMORY = {
  pendingPerUser: bytes(
    'max-pending-bytes-per-user',
    '16777216',
    'unanswered requests of a user over sockets, and the same amount over REST',
  ),
  pendingPerSession: bytes(
    'max-pending-bytes-per-session',
    '33554432',
    'waiting commands of a session, and their entries until these are durable',
  ),
  pending: bytes('max-pending-bytes', '67108864', 'unanswered requests of all users'),
  heldPerUser: bytes(
    'max-held-bytes-per-user',
    '33554432',
    'unread responses and incomplete messages of a user; beyond, the largest connection is closed',
  ),
  held: bytes(
    'max-held-bytes',
    '134217728',
    'unread responses and incomplete messages of all users',
  ),
  presence: bytes(
    'max-presence-bytes',
    '67108864',
    'presence states; at most 1/16 for a session and 1/64 for a user',
  ),
}

function readRate(text: string): Rate | undefined {
  const [, perSecond, burst = perSecond] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text) ?? []
  if (perSecond === undefined) return undefined
  return { perSecond: unlessZero(Number(perSecond)), burst: unlessZero(Number(burst)) }
}

/** `fallback` holds with authentication, `open` without: in development hardly anything is limited. */
function rate<const Flag extends string, const D extends string>(
  flag: Flag,
  fallback: D,
  help: string,
  open = '0',
) {
  const expected = 'so many a second, or N:BURST, so many at once; 0 is no limit'
  return parsed(`${flag} N[:BURST]`, fallback, help, { parse: readRate, expected, open })
}

function most<const Flag extends string, const D extends string>(
  flag: Flag,
  fallback: D,
  help: string,
) {
  return Object.assign(limit(flag, fallback, help), { open: '0' })
}

/** What even in development is no use but a flood. */
const FLOOD = '2000:20000'

/** How much anybody may ask for (rules LIM6 to LIM9). */
export const RATES = {
  messages: rate(
    'message-rate-per-socket',
    '1000:10000',
    'other messages of a socket, such as presence',
    FLOOD,
  ),
  socketCommands: rate('command-rate-per-socket', '1000:5000', 'commands of a socket'),
  userCommands: rate(
    'command-rate-per-user',
    '2000:10000',
    'commands of a user, over REST and sockets',
  ),
  sessionCommands: rate('command-rate-per-session', '5000:20000', 'commands of a session'),
  userWrites: rate('write-rate-per-user', '4000000:64000000', 'bytes written to disk for a user'),
  sessionWrites: rate(
    'write-rate-per-session',
    '8000000:128000000',
    'bytes written to disk for a session',
  ),
  userPlans: rate(
    'plan-rate-per-user',
    '250:10000',
    'milliseconds of planning commands for a user',
  ),
  sessionPlans: rate(
    'plan-rate-per-session',
    '500:20000',
    'milliseconds of planning commands in a session',
  ),
  userMessages: rate(
    'message-rate-per-user',
    '2000:20000',
    'other messages of all sockets of a user',
  ),
  userJoins: rate('join-rate-per-user', '20:400', 'joins of sessions by all sockets of a user'),
  userBytes: rate(
    'byte-rate-per-user',
    '4000000:32000000',
    'bytes received from all sockets of a user; beyond, the server reads more slowly',
  ),
  sessionJoins: rate('join-rate-per-session', '500:10000', 'joins of a session'),
  requests: rate(
    'request-rate',
    '200:1000',
    'other REST requests of a user, or of an address without a user',
  ),
  userWork: rate('work-rate-per-user', '400:4000', 'milliseconds of reading for a user'),
  sessionWork: rate('work-rate-per-session', '800:16000', 'milliseconds of reading in a session'),
  handshakes: rate('handshake-rate', '100:2000', 'handshakes of sockets from an address'),
  failedLogins: rate('failed-login-rate', '5:50', 'rejected tokens from an address'),
  newSessions: rate('new-session-rate', '2:100', 'new sessions from an address'),
  socketsPerAddress: most('max-sockets-per-address', '2000', 'connections of an address'),
  socketsPerUser: most('max-sockets-per-user', '100', 'sockets of a user'),
  socketsPerSession: most('max-sockets-per-session', '2000', 'sockets in a session'),
  joinedPerSocket: most('max-joined-per-socket', '100', 'sessions joined by a socket'),
  joinedPerUser: most(
    'max-joined-per-user',
    '2000',
    'sessions joined by all sockets of a user, counted per socket',
  ),
  sessionsPerUser: most('max-sessions-per-user', '1000', 'sessions created by a user'),
}

export type RateSettings = ValuesOf<typeof RATES>
