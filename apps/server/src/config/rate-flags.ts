import { ok, type Result } from '@talus/protocol'
import type { Rate } from '../limits/rate.js'
import { countOf, type Flag, type FlagGroup, type Given, invalid } from './flag.js'
import { limitFlag, unlessZero } from './limit-flags.js'

/** How much anybody may ask for (rules LIM6 to LIM9). */
export type RateSettings = {
  /** Of one socket: what it sends that is no command, and its commands. */
  messages: Rate
  socketCommands: Rate
  userCommands: Rate
  sessionCommands: Rate
  /** Bytes that commands, loads, saves and imports write to disk. */
  userWrites: Rate
  sessionWrites: Rate
  /** Milliseconds that planning commands takes. */
  userPlans: Rate
  sessionPlans: Rate
  /** Over all sockets of one user: messages that are no commands, joins, and bytes. */
  userMessages: Rate
  userJoins: Rate
  userBytes: Rate
  /** Joins of one session. */
  sessionJoins: Rate
  /** Requests over REST that are no commands: of one user, without identity of one address. */
  requests: Rate
  /** Units of work, of which one is about a millisecond: of one user, and in one session. */
  userWork: Rate
  sessionWork: Rate
  /** Of one address. */
  handshakes: Rate
  failedLogins: Rate
  newSessions: Rate
  socketsPerAddress: number
  socketsPerUser: number
  socketsPerSession: number
  /** Sessions that one socket, and all sockets of one user, are in. */
  joinedPerSocket: number
  joinedPerUser: number
  /** That one user has created. */
  sessionsPerUser: number
}

type RateName = {
  [Name in keyof RateSettings]: RateSettings[Name] extends Rate ? Name : never
}[keyof RateSettings]
type CountName = Exclude<keyof RateSettings, RateName>

function rateFlag<const Name extends string>(name: Name, help: string) {
  return { ...limitFlag(name, undefined, help), argument: 'N[:BURST]' } as const
}

/** What even in development is no use but a flood. */
const FLOOD = '2000:20000'

/** The values where callers are authenticated; in development there are nearly no limits. */
const DEFAULTS: Record<keyof RateSettings, string> = {
  messages: '1000:10000',
  socketCommands: '1000:5000',
  userCommands: '2000:10000',
  sessionCommands: '5000:20000',
  userWrites: '4000000:64000000',
  sessionWrites: '8000000:128000000',
  userPlans: '250:10000',
  sessionPlans: '500:20000',
  userMessages: '2000:20000',
  userJoins: '20:400',
  userBytes: '4000000:32000000',
  sessionJoins: '500:10000',
  requests: '200:1000',
  userWork: '400:4000',
  sessionWork: '800:16000',
  handshakes: '100:2000',
  failedLogins: '5:50',
  newSessions: '2:100',
  socketsPerAddress: '2000',
  socketsPerUser: '100',
  socketsPerSession: '2000',
  joinedPerSocket: '100',
  joinedPerUser: '2000',
  sessionsPerUser: '1000',
}

const RATES = {
  messages: rateFlag('message-rate-per-socket', 'other messages of a socket, such as presence'),
  socketCommands: rateFlag('command-rate-per-socket', 'commands of a socket'),
  userCommands: rateFlag('command-rate-per-user', 'commands of a user, on all ways'),
  sessionCommands: rateFlag('command-rate-per-session', 'commands of a session'),
  userWrites: rateFlag('write-rate-per-user', 'bytes written to disk for a user'),
  sessionWrites: rateFlag('write-rate-per-session', 'bytes written to disk for a session'),
  userPlans: rateFlag('plan-rate-per-user', 'milliseconds of planning commands for a user'),
  sessionPlans: rateFlag('plan-rate-per-session', 'milliseconds of planning in a session'),
  userMessages: rateFlag('message-rate-per-user', 'other messages of all sockets of a user'),
  userJoins: rateFlag('join-rate-per-user', 'joins of sessions by all sockets of a user'),
  userBytes: rateFlag('byte-rate-per-user', 'bytes from all sockets of a user; beyond, they wait'),
  sessionJoins: rateFlag('join-rate-per-session', 'joins of a session'),
  requests: rateFlag('request-rate', 'other REST requests of a user, else of an address'),
  userWork: rateFlag('work-rate-per-user', 'milliseconds of reading for a user'),
  sessionWork: rateFlag('work-rate-per-session', 'milliseconds of reading in a session'),
  handshakes: rateFlag('handshake-rate', 'handshakes of sockets from an address'),
  failedLogins: rateFlag('failed-login-rate', 'refused tokens from an address'),
  newSessions: rateFlag('new-session-rate', 'new sessions from an address'),
} as const satisfies Record<RateName, Flag>

const COUNTS = {
  socketsPerAddress: limitFlag('max-sockets-per-address', undefined, 'connections of an address'),
  socketsPerUser: limitFlag('max-sockets-per-user', undefined, 'sockets of a user'),
  socketsPerSession: limitFlag('max-sockets-per-session', undefined, 'sockets in a session'),
  joinedPerSocket: limitFlag('max-joined-per-socket', undefined, 'sessions that a socket is in'),
  joinedPerUser: limitFlag(
    'max-joined-per-user',
    undefined,
    'memberships of the sockets of a user in sessions',
  ),
  sessionsPerUser: limitFlag('max-sessions-per-user', undefined, 'sessions that a user created'),
} as const satisfies Record<CountName, Flag>

function withDefault<Name extends keyof RateSettings>(name: Name, flag: Flag): Flag {
  const without = name === 'messages' ? `, else ${FLOOD}` : ''
  return { ...flag, help: `${flag.help} (default ${DEFAULTS[name]} with authentication${without})` }
}

const ALL = { ...RATES, ...COUNTS }

const FLAGS = Object.fromEntries(
  Object.entries(ALL).map(([name, flag]) => [name, withDefault(name as keyof RateSettings, flag)]),
) as typeof ALL

function rateOf(flag: Flag, text: string): Result<Rate> {
  const [, perSecond, burst = perSecond] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text) ?? []
  const rate = { perSecond: unlessZero(Number(perSecond)), burst: unlessZero(Number(burst)) }
  if (perSecond !== undefined) return ok(rate)
  return invalid(flag, text, 'so many a second, or N:BURST, so many at once; 0 is no limit')
}

/** `given` with the defaults of this group, which depend on how the server is run. */
function read(given: Given): Result<RateSettings> {
  const settings: Partial<Record<keyof RateSettings, Rate | number>> = {}
  for (const name of Object.keys(RATES) as RateName[]) {
    const fallback = name === 'messages' ? FLOOD : '0'
    const rate = rateOf(FLAGS[name], given(FLAGS[name]) || fallback)
    if (!rate.ok) return rate
    settings[name] = rate.value
  }
  for (const name of Object.keys(COUNTS) as CountName[]) {
    const count = countOf(FLAGS[name], (flag) => given(flag) || '0', { least: 0 })
    if (!count.ok) return count
    settings[name] = unlessZero(count.value)
  }
  // Every flag has been read.
  return ok(settings as RateSettings)
}

/** What was given, and where nothing was, what holds for authenticated callers. */
export function givenOrProtective(given: Given): Given {
  const names = new Map<Flag, string>(Object.entries(FLAGS).map(([name, flag]) => [flag, name]))
  return (flag) => given(flag) || DEFAULTS[names.get(flag) as keyof RateSettings]
}

export const RATE_FLAGS: FlagGroup<RateSettings, typeof FLAGS> = {
  title: 'Rate limits: N a second, BURST at once; 0, the default where none is named, is no limit',
  flags: FLAGS,
  read,
}
