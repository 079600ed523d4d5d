import { fail, ok, type Result } from '@talus/protocol'

/** One setting: a flag, the environment variable that stands for it, and what `--help` says. */
export type Flag = {
  name: string
  variable: string
  fallback: string | undefined
  /** What the value is called in the help; empty for a switch. */
  argument: string
  help: string
}

/** What was given for a flag, or for its variable, or else its default; '' when there is none. */
export type Given = (flag: Flag) => string

/** Flags that belong together, and what they come to. */
export type FlagGroup<Settings, Flags extends Record<string, Flag> = Record<string, Flag>> = {
  title: string
  flags: Flags
  read: (given: Given) => Result<Settings>
}

/** A refusal that names the flag, its variable, what was given and what was expected. */
export function invalid(flag: Flag, actual: string, expected: string): Result<never> {
  return fail(
    'BAD_REQUEST',
    `--${flag.name} (${flag.variable}) is '${actual}': expected ${expected}`,
  )
}

export function oneOf<const T extends string>(
  flag: Flag,
  given: Given,
  values: readonly T[],
): Result<T> {
  const actual = given(flag)
  const found = values.find((value) => value === actual)
  return found === undefined ? invalid(flag, actual, `one of ${values.join(', ')}`) : ok(found)
}

export function switchOf(flag: Flag, given: Given): Result<boolean> {
  const value = oneOf(flag, given, ['true', 'false'])
  return value.ok ? ok(value.value === 'true') : value
}

/** A whole number from `least` up to `most`. */
export function countOf(
  flag: Flag,
  given: Given,
  { least, most = 999_999_999 }: { least: number; most?: number },
): Result<number> {
  const actual = given(flag)
  const count = Number(actual)
  const valid = /^\d{1,9}$/.test(actual) && count >= least && count <= most
  return valid ? ok(count) : invalid(flag, actual, `a whole number from ${least} to ${most}`)
}

/** A count that may be left out. */
export function optionalCount(
  flag: Flag,
  given: Given,
  bounds: { least: number },
): Result<number | undefined> {
  return given(flag) === '' ? ok(undefined) : countOf(flag, given, bounds)
}

/** Comma-separated items without the spaces around them; none when nothing was given. */
export function listOf(flag: Flag, given: Given): string[] {
  return given(flag)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Whether a name or an address means this machine and no other. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' ||
    // RFC 6761, section 6.3: names below `localhost` are this machine's.
    name.endsWith('.localhost') ||
    name === '::1' ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  )
}
