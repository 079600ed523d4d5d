import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { AUTH_FLAGS, type AuthSettings } from '../auth/auth-flags.js'
import { OPERATION_FLAGS, type OperationSettings } from './operation-flags.js'
import { invalid, type Flag, type FlagGroup, type Given } from './flag.js'
import { LIMIT_FLAGS, type LimitSettings } from './limit-flags.js'
import { isLoopback } from './loopback.js'
import { MEMORY_FLAGS, type MemorySettings } from './memory-flags.js'
import { NETWORK_FLAGS, type Allowed, type NetworkSettings } from './network-flags.js'
import { givenOrProtective, RATE_FLAGS, type RateSettings } from './rate-flags.js'
import { SERVER_FLAGS, type ServerSettings } from './server-flags.js'

/** How the server runs. Every field is a flag, and an environment variable `TALUS_…`. */
export type Config = ServerSettings &
  OperationSettings & {
    auth: AuthSettings
    network: NetworkSettings & {
      corsOrigins: Allowed
      allowedHosts: Allowed
      /** Names that the listener of the metrics answers to. */
      metricsHosts: Allowed
    }
    limits: LimitSettings
    memory: MemorySettings
    rates: RateSettings
  }

export const GROUPS = [
  SERVER_FLAGS,
  NETWORK_FLAGS,
  AUTH_FLAGS,
  LIMIT_FLAGS,
  MEMORY_FLAGS,
  RATE_FLAGS,
  OPERATION_FLAGS,
] as const satisfies readonly FlagGroup<unknown>[]

export function flagsOf({ flags }: FlagGroup<unknown>): Flag[] {
  return Object.values(flags)
}

function helpLine(flag: Flag): string {
  const usage = `  --${flag.name}${flag.argument ? ` ${flag.argument}` : ''}`
  const value = flag.fallback === undefined ? '' : ` (default ${flag.fallback})`
  return `${usage.padEnd(28)} ${flag.help}${value}\n${' '.repeat(29)}${flag.variable}`
}

/** What `--help` prints; `commands` are lines about those. */
export function helpText(commands: string): string {
  const sections = GROUPS.flatMap((group) => [
    `${group.title}:`,
    '',
    ...flagsOf(group).map(helpLine),
    '',
  ])
  return [
    'talus-server: real-time collaboration on typed project graphs',
    '',
    'Usage: talus-server [options]',
    commands,
    '',
    'Options; the commands read --data-dir and its variable too.',
    '',
    ...sections,
    `${'  --version'.padEnd(28)} print the version`,
    `${'  --help'.padEnd(28)} print this text`,
    '',
    'A flag goes before its variable. The first line on standard output is JSON with the url;',
    'logs go to standard error.',
    '',
  ].join('\n')
}

function readFlags(argv: readonly string[]): Result<Record<string, string | boolean | undefined>> {
  const options = Object.fromEntries(
    GROUPS.flatMap(flagsOf).map((flag) => [
      flag.name,
      { type: flag.argument === '' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  try {
    return ok(parseArgs({ args: [...argv], options, strict: true }).values)
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err)
    return fail('BAD_REQUEST', `${message.split('\n')[0]}. See talus-server --help`)
  }
}

/**
 * Reads flags and variables. Errors: BAD_REQUEST with a message that names the flag, the variable,
 * what was given and what was expected.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Result<Config> {
  const flags = readFlags(argv)
  if (!flags.ok) return flags
  return configOf((flag) =>
    String(flags.value[flag.name] ?? env[flag.variable] ?? flag.fallback ?? ''),
  )
}

/** What the settings come to. `proven`: callers prove who they are by other means than tokens. */
export function configOf(given: Given, { proven = false } = {}): Result<Config> {
  const server = SERVER_FLAGS.read(given)
  if (!server.ok) return server
  const network = NETWORK_FLAGS.read(given)
  if (!network.ok) return network
  const auth = AUTH_FLAGS.read(given)
  if (!auth.ok) return auth
  const operation = OPERATION_FLAGS.read(given)
  if (!operation.ok) return operation
  const limits = LIMIT_FLAGS.read(given)
  if (!limits.ok) return limits
  const memory = MEMORY_FLAGS.read(given)
  if (!memory.ok) return memory
  const isOpen = auth.value === null && !proven
  const rates = RATE_FLAGS.read(isOpen ? given : givenOrProtective(given))
  if (!rates.ok) return rates
  const { host, insecure } = server.value
  if (!isLoopback(host) && !insecure && isOpen) {
    const expected = 'a loopback address, as nobody is authenticated; or add --insecure'
    return invalid(SERVER_FLAGS.flags.host, host, expected)
  }
  // Pages and names of elsewhere have no business with a server that asks nobody who they are.
  const allowed = isLoopback(host) && isOpen ? 'local' : '*'
  const { corsOrigins = allowed, allowedHosts = allowed } = network.value
  const { metricsListener, metricsToken } = operation.value
  const metricsAreLocal = metricsToken === undefined && isLoopback(metricsListener?.host ?? host)
  const metricsHosts = network.value.allowedHosts ?? (metricsAreLocal ? 'local' : '*')
  return ok({
    ...server.value,
    ...operation.value,
    auth: auth.value,
    network: { ...network.value, corsOrigins, allowedHosts, metricsHosts },
    limits: limits.value,
    memory: memory.value,
    rates: rates.value,
  })
}
