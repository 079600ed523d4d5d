import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'

type Options = NonNullable<ParseArgsConfig['options']>

export type Values = { [name: string]: string | boolean | undefined }

/** One of the things that `talus-server` does to stored data. */
export type Command = {
  name: string
  /** How it is called, and what it does, for `--help`. */
  usage: string
  summary: string
  /** Beside `--data-dir`. */
  options: Options
  required: readonly string[]
  /** Resolves with the exit code: 0, or 1 when something is wrong. Says what on standard error. */
  run: (dataDir: string, values: Values) => Promise<number>
}

/** The database of a data folder. */
export function databaseIn(dataDir: string): string {
  return join(dataDir, 'talus.db')
}

/** Reads a command's flags. Errors: BAD_REQUEST with a message for people. */
export function readValues(command: Command, args: readonly string[]): Result<Values> {
  const options: Options = { ...command.options, 'data-dir': { type: 'string' } }
  try {
    const values = parseArgs({ args: [...args], options, strict: true }).values as Values
    const missing = command.required.find((name) => !values[name])
    if (missing === undefined) return ok(values)
    return fail('BAD_REQUEST', `${command.name} needs --${missing}. See talus-server --help`)
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err)
    return fail('BAD_REQUEST', `${message.split('\n')[0]}. See talus-server --help`)
  }
}
