import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { SettingError } from '../errors.js'
import { AUTH_FLAGS, type AuthSettings } from './auth-flags.js'
import { type Flag, type FlagGroup, type Given, invalid, isLoopback } from './flag.js'
import {
  LIMIT_FLAGS,
  type LimitSettings,
  MEMORY_FLAGS,
  type MemorySettings,
} from './limit-flags.js'
import { type AllowedNames, LOCAL, NETWORK_FLAGS, type NetworkSettings } from './network-flags.js'
import { givenOrProtective, RATE_FLAGS, type RateSettings } from './rate-flags.js'
import {
  OPERATION_FLAGS,
  type OperationSettings,
  SERVER_FLAGS,
  type ServerSettings,
} from './server-flags.js'

/** How the server runs. Every field is a flag, and an environment variable `TALUS_…`. */
export type Config = ServerSettings &
  OperationSettings & {
    auth: AuthSettings
    network: NetworkSettings & {
      corsOrigins: AllowedNames
      allowedHosts: AllowedNames
      /** Names that the listener of the metrics answers to. */
      metricsHosts: AllowedNames
    }
    limits: LimitSettings
    memory: MemorySettings
    rates: RateSettings
  }

const GROUPS = [
  SERVER_FLAGS,
  NETWORK_FLAGS,
  AUTH_FLAGS,
  LIMIT_FLAGS,
  MEMORY_FLAGS,
  RATE_FLAGS,
  OPERATION_FLAGS,
] as const satisfies readonly FlagGroup<unknown>[]

function flagsOf({ flags }: FlagGroup<unknown>): Flag[] {
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
function configOf(given: Given, { proven = false } = {}): Result<Config> {
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
  const allowed: AllowedNames = isLoopback(host) && isOpen ? [LOCAL] : '*'
  const { corsOrigins = allowed, allowedHosts = allowed } = network.value
  const { metricsListener, metricsToken } = operation.value
  const metricsAreLocal = metricsToken === undefined && isLoopback(metricsListener?.host ?? host)
  const metricsHosts = network.value.allowedHosts ?? (metricsAreLocal ? [LOCAL] : '*')
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

type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name

type Value<Argument extends string> = Argument extends ''
  ? boolean
  : Argument extends 'N' | 'PORT' | 'SECONDS' | 'NUMBER'
    ? number
    : Argument extends 'N[:BURST]'
      ? number | string
      : Argument extends 'LIST'
        ? string | readonly string[]
        : string

type OneOf<Group> = Group extends unknown ? Group[keyof Group] : never
type EveryFlag = OneOf<(typeof GROUPS)[number]['flags']>

/**
 * How a server runs: every flag of `talus-server --help` under its name in camel case, so that
 * `--max-nodes 1000` is `maxNodes: 1000`. Lists may be arrays. The defaults are those of the flags;
 * environment variables are not looked at.
 */
export type Settings = { [Flag in EveryFlag as Camel<Flag['name']>]?: Value<Flag['argument']> }

function camel(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * Reads settings as the command line reads its flags. `proven`: callers prove who they are by other
 * means than tokens, such as `authenticate`; what is open without authentication is closed then.
 * Throws a SettingError that names the setting and what was expected.
 */
export function configure(settings: Settings = {}, options: { proven?: boolean } = {}): Config {
  const known = new Set(GROUPS.flatMap(flagsOf).map(({ name }) => camel(name)))
  const unknown = Object.keys(settings).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new SettingError(`There is no setting '${unknown}'. See talus-server --help`)
  }
  const given: Readonly<Record<string, Settings[keyof Settings]>> = settings
  const config = configOf((flag) => {
    const value = given[camel(flag.name)] ?? flag.fallback ?? ''
    return typeof value === 'object' ? value.join(',') : String(value)
  }, options)
  if (!config.ok) throw new SettingError(config.error.message)
  return config.value
}

/** What the operator should know about settings that are accepted and may not be meant. */
export function warningsOf(config: Config): string[] {
  const { auth, host, network, metricsListener, metricsToken } = config
  const beyond = !isLoopback(host)
  const warnings: string[] = []
  if (auth === null) {
    const whom = beyond ? `everybody who can reach ${host}` : 'everybody'
    warnings.push(`Development mode: nobody is authenticated, ${whom} may do everything.`)
  }
  if (auth && beyond && network.tls === null && network.trustProxy.length === 0) {
    warnings.push(
      'Tokens are sent in plain text: set --tls-cert and --tls-key, or use a proxy with TLS and name it with --trust-proxy.',
    )
  }
  if (auth && auth.keys.kind !== 'secret' && auth.audience.length === 0) {
    warnings.push(
      'Tokens that the issuer made for other applications are accepted: set --jwt-audience.',
    )
  }
  if (metricsListener && metricsToken === undefined && !isLoopback(metricsListener.host)) {
    warnings.push(
      `Metrics are open to everybody who can reach ${metricsListener.host}: set TALUS_METRICS_TOKEN, or --metrics-host to an address of a private network.`,
    )
  }
  return warnings
}
