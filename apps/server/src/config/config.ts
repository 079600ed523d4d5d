import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { AUTH_FLAGS, type AuthSettings } from '../auth/auth-flags.js'
import { invalid, type Flag, type FlagGroup, type Given } from './flag.js'
import { LIMIT_FLAGS, type LimitSettings } from './limit-flags.js'
import { givenOrProtective, RATE_FLAGS, type RateSettings } from './rate-flags.js'
import { SERVER_FLAGS, type ServerSettings } from './server-flags.js'

/** How the server runs. Every field is a flag, and an environment variable `TALUS_…`. */
export type Config = ServerSettings & {
  auth: AuthSettings
  limits: LimitSettings
  rates: RateSettings
}

const GROUPS: readonly FlagGroup<unknown>[] = [SERVER_FLAGS, AUTH_FLAGS, LIMIT_FLAGS, RATE_FLAGS]

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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
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
  const given: Given = (flag) =>
    String(flags.value[flag.name] ?? env[flag.variable] ?? flag.fallback ?? '')
  const server = SERVER_FLAGS.read(given)
  if (!server.ok) return server
  const auth = AUTH_FLAGS.read(given)
  if (!auth.ok) return auth
  const limits = LIMIT_FLAGS.read(given)
  if (!limits.ok) return limits
  const rates = RATE_FLAGS.read(auth.value === null ? given : givenOrProtective(given))
  if (!rates.ok) return rates
  const { host, insecure } = server.value
  if (!isLoopback(host) && !insecure && auth.value === null) {
    const expected = 'a loopback address, as nobody is authenticated; or add --insecure'
    return invalid(SERVER_FLAGS.flags.host, host, expected)
  }
  return ok({ ...server.value, auth: auth.value, limits: limits.value, rates: rates.value })
}
