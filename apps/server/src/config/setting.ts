import { fail, ok, type Result } from '@talus/protocol'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** What a setting has beside the schema of its value. */
type Keywords = {
  /** Name of its flag; its variable is `TALUS_` and the same in capitals. */
  flag: string
  /** What the value is called in the help; empty for a switch. */
  unit: string
  help: string
  /** The text that stands for no text; undefined: the value may be missing. */
  default: string | undefined
  /** Makes the value of a text; undefined: it is none. */
  parse?: (text: string) => unknown
  /** What a value is, where the schema does not say so. */
  expected?: string
  /** The part of a wrong text that a refusal repeats. */
  wrongIn?: (text: string) => string
  /** The default where nobody is authenticated, if it is another one. */
  open?: string
  /** Another variable that it is read from, which other programs know too. */
  also?: string
}

export type Setting = TSchema & Keywords

/** Settings that belong together, by the names that the server has for them. */
export type Group = Record<string, Setting>

export type ValueOf<S> = S extends TSchema & { default: infer Default }
  ? Static<S> | (Default extends string ? never : undefined)
  : never

export type ValuesOf<G extends Group> = { [Name in keyof G]: ValueOf<G[Name]> }

/** What was given for a flag, or for its variable, or else its default; '' when there is none. */
export type Given = (setting: Setting) => string

/** `usage`: the flag and what its value is called, `'host ADDRESS'`; a switch has a flag only. */
type Usage<U extends string> = U extends `${infer Flag} ${infer Unit}`
  ? { flag: Flag; unit: Unit }
  : { flag: U; unit: '' }

function define<S extends TSchema, const U extends string, const D extends string | undefined>(
  schema: S,
  usage: U,
  fallback: D,
  help: string,
) {
  const [flag = '', unit = ''] = usage.split(' ')
  // As `Usage` reads it.
  const named = { flag, unit } as Usage<U>
  return Object.assign(schema, named, { help, default: fallback })
}

/** Any text; `''` is refused where there is a default. */
export function text<const U extends string, const D extends string | undefined>(
  usage: U,
  fallback: D,
  help: string,
  { expected = 'a text' }: { expected?: string } = {},
) {
  return Object.assign(define(Type.String({ minLength: 1 }), usage, fallback, help), { expected })
}

export function switchedOn<const U extends string>(usage: U, help: string) {
  return define(Type.Boolean(), usage, 'false', help)
}

export function oneOf<
  const U extends string,
  const D extends string,
  const V extends readonly string[],
>(usage: U, values: V, fallback: D, help: string) {
  return define(Type.Unsafe<V[number]>(Type.Enum([...values])), usage, fallback, help)
}

type Bounds = { least?: number; most?: number }

/** A whole number. */
export function count<const U extends string, const D extends string | undefined>(
  usage: U,
  fallback: D,
  help: string,
  { least = 0, most = 999_999_999 }: Bounds = {},
) {
  return define(Type.Integer({ minimum: least, maximum: most }), usage, fallback, help)
}

/** Comma-separated items without the spaces around them; none when nothing was given. */
export function list<const U extends string>(usage: U, help: string) {
  return Object.assign(define(Type.Array(Type.String()), usage, '', help), { parse: itemsOf })
}

/** What a text of its own kind means. */
export function parsed<const U extends string, const D extends string | undefined, T>(
  usage: U,
  fallback: D,
  help: string,
  kind: {
    parse: (text: string) => T | undefined
    expected: string
    wrongIn?: (text: string) => string
    open?: string
    also?: string
  },
) {
  return Object.assign(define(Type.Unsafe<T>({}), usage, fallback, help), kind)
}

/** Wrong secrets are not repeated. */
export const REDACTED = { wrongIn: () => '[redacted]' }

export function itemsOf(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** A count of which 0 stands for no limit. */
export function unlessZero(value: number): number {
  return value === 0 ? Number.POSITIVE_INFINITY : value
}

export function variableOf({ flag }: Pick<Setting, 'flag'>): string {
  return `TALUS_${flag.replaceAll('-', '_').toUpperCase()}`
}

/** The variables of a setting; the first that is set counts. */
export function variablesOf(setting: Pick<Setting, 'flag' | 'also'>): string[] {
  const { also } = setting
  return also === undefined ? [variableOf(setting)] : [variableOf(setting), also]
}

/** A refusal that names the flag, its variable, what was given and what was expected. */
export function invalid(setting: Setting, actual: string, expected: string): Result<never> {
  const { flag } = setting
  return fail(
    'BAD_REQUEST',
    `--${flag} (${variableOf(setting)}) is '${actual}': expected ${expected}`,
  )
}

function parsedBySchema(setting: Setting, given: string): unknown {
  const { type } = setting as { type?: string }
  if (type === 'integer') return /^\d{1,9}$/.test(given) ? Number(given) : undefined
  if (type === 'boolean') return given === 'true' || (given === 'false' ? false : undefined)
  return given
}

function expectedOf({ expected, ...schema }: Setting): string {
  const {
    minimum,
    maximum,
    enum: values = ['true', 'false'],
  } = schema as {
    minimum?: number
    maximum?: number
    enum?: string[]
  }
  if (expected !== undefined) return expected
  if (minimum !== undefined) return `a whole number from ${minimum} to ${maximum}`
  return `one of ${values.join(', ')}`
}

/** Reads one setting. Error: BAD_REQUEST. */
export function readSetting<S extends Setting>(setting: S, given: Given): Result<ValueOf<S>> {
  const actual = given(setting)
  // A setting without default may be missing.
  if (actual === '' && setting.default === undefined) return ok(undefined as ValueOf<S>)
  const value = (setting.parse ?? ((text) => parsedBySchema(setting, text)))(actual)
  if (value === undefined || !Value.Check(setting, value)) {
    return invalid(setting, setting.wrongIn?.(actual) ?? actual, expectedOf(setting))
  }
  return ok(value as ValueOf<S>)
}

/** Reads settings that belong together. The first that is wrong is the one that is told. */
export function readGroup<G extends Group>(group: G, given: Given): Result<ValuesOf<G>> {
  const values: Partial<Record<string, unknown>> = {}
  for (const [name, setting] of Object.entries(group)) {
    const value = readSetting(setting, given)
    if (!value.ok) return value
    values[name] = value.value
  }
  // Every setting has been read.
  return ok(values as ValuesOf<G>)
}
