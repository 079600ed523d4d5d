import { SettingError } from '../observability/setting-error.js'
import { configOf, flagsOf, GROUPS, type Config } from './config.js'

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
