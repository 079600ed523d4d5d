import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { SettingError } from '../errors.js'
import { AUTH, type AuthSettings, readAuth } from './auth.js'
import { LIMITS, MEMORY, RATES, type RateSettings } from './limits.js'
import {
  type AllowedNames,
  isLoopback,
  LOCAL,
  NETWORK,
  type NetworkSettings,
  readNetwork,
} from './network.js'
import {
  OPERATION,
  type OperationSettings,
  readOperation,
  SERVER,
  type ServerSettings,
} from './server.js'
import {
  type Given,
  invalid,
  readGroup,
  type Setting,
  type ValuesOf,
  variablesOf,
} from './setting.js'

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
    limits: ValuesOf<typeof LIMITS>
    memory: ValuesOf<typeof MEMORY>
    rates: RateSettings
  }

const GROUPS = {
  'The server': SERVER,
  Network: NETWORK,
  'Authentication (JSON Web Tokens; off unless a key source is configured)': AUTH,
  'Size limits (0 disables those of nodes, ids, depth, children, properties, values, width, members, links)':
    LIMITS,
  'Memory limits for clients, in bytes': MEMORY,
  'Rate limits: N per second with a burst of BURST; 0 is no limit, the default if none is shown':
    RATES,
  Monitoring: OPERATION,
}

const SETTINGS: Setting[] = Object.values(GROUPS).flatMap((group) => Object.values(group))

function defaultShown({ default: fallback, open }: Setting): string {
  if (!fallback) return ''
  if (open === undefined) return ` (default ${fallback})`
  return ` (default ${fallback} with authentication${open === '0' ? '' : `, else ${open}`})`
}

function helpLine(setting: Setting): string {
  const usage = `  --${setting.flag}${setting.unit ? ` ${setting.unit}` : ''}`
  const line = `${usage.padEnd(28)} ${setting.help}${defaultShown(setting)}`
  return `${line}\n${' '.repeat(29)}${variablesOf(setting).join(', ')}`
}

/** The text of `--help`; `commands`: its lines about the commands. */
export function helpText(commands: string): string {
  const sections = Object.entries(GROUPS).flatMap(([title, group]) => [
    `${title}:`,
    '',
    ...Object.values<Setting>(group).map(helpLine),
    '',
  ])
  return [
    'talus-server: real-time collaboration on typed project graphs',
    '',
    'Usage: talus-server [options]',
    commands,
    '',
    'Options. The commands also read --data-dir and --database-url, or their variables.',
    '',
    ...sections,
    `${'  --version'.padEnd(28)} print the version`,
    `${'  --help'.padEnd(28)} print this text`,
    '',
    'Flags take precedence over variables. The first line on standard output is JSON with the url;',
    'logs go to standard error.',
    '',
  ].join('\n')
}

/** `--no-studio` is `--studio off`. */
const NEGATED = new Map(
  SETTINGS.filter(({ unit }) => unit === 'on|off').map(({ flag }) => [
    `--no-${flag}`,
    `--${flag}=off`,
  ]),
)

function readFlags(argv: readonly string[]): Result<Record<string, string | boolean | undefined>> {
  const options = Object.fromEntries(
    SETTINGS.map(({ flag, unit }) => [
      flag,
      { type: unit === '' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  try {
    return ok(
      parseArgs({ args: argv.map((arg) => NEGATED.get(arg) ?? arg), options, strict: true }).values,
    )
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
  return configOf((setting) => {
    const variable = variablesOf(setting).find((name) => env[name] !== undefined)
    const value = flags.value[setting.flag] ?? (variable && env[variable])
    return value === undefined ? undefined : String(value)
  })
}

/**
 * What the settings come to; `textOf`: what was given. `proven`: callers prove who they are by other
 * means than tokens.
 */
function configOf(
  textOf: (setting: Setting) => string | undefined,
  { proven = false } = {},
): Result<Config> {
  const given: Given = (setting) => textOf(setting) ?? setting.default ?? ''
  const server = readGroup(SERVER, given)
  if (!server.ok) return server
  const network = readNetwork(given)
  if (!network.ok) return network
  const auth = readAuth(given)
  if (!auth.ok) return auth
  const operation = readOperation(given)
  if (!operation.ok) return operation
  const limits = readGroup(LIMITS, given)
  if (!limits.ok) return limits
  const memory = readGroup(MEMORY, given)
  if (!memory.ok) return memory
  const isOpen = auth.value === null && !proven
  const rates = readGroup(
    RATES,
    (setting) => textOf(setting) || String(isOpen ? setting.open : setting.default),
  )
  if (!rates.ok) return rates
  const { host, insecure } = server.value
  if (!isLoopback(host) && !insecure && isOpen) {
    const expected = 'a loopback address, as nobody is authenticated; or add --insecure'
    return invalid(SERVER.host, host, expected)
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

type Value<Unit extends string> = Unit extends ''
  ? boolean
  : Unit extends 'N' | 'PORT' | 'SECONDS' | 'NUMBER'
    ? number
    : Unit extends 'N[:BURST]'
      ? number | string
      : Unit extends 'LIST'
        ? string | readonly string[]
        : string

type OneOf<Group> = Group extends unknown ? Group[keyof Group] : never
type EverySetting = OneOf<OneOf<typeof GROUPS>>

/**
 * How a server runs: every flag of `talus-server --help` under its name in camel case, so that
 * `--max-nodes 1000` is `maxNodes: 1000`. Lists may be arrays. The defaults are those of the flags;
 * environment variables are not looked at.
 */
export type Settings = { [S in EverySetting as Camel<S['flag']>]?: Value<S['unit']> }

function camel(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * Reads settings as the command line reads its flags. `proven`: callers prove who they are by other
 * means than tokens, such as `authenticate`; what is open without authentication is closed then.
 * Throws a SettingError that names the setting and what was expected.
 */
export function configure(settings: Settings = {}, options: { proven?: boolean } = {}): Config {
  const known = new Set(SETTINGS.map(({ flag }) => camel(flag)))
  const unknown = Object.keys(settings).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new SettingError(`There is no setting '${unknown}'. See talus-server --help`)
  }
  const given: Readonly<Record<string, Settings[keyof Settings]>> = settings
  const config = configOf(({ flag }) => {
    const value = given[camel(flag)]
    return typeof value === 'object' ? value.join(',') : value?.toString()
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
