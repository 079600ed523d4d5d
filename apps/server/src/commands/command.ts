import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { StorageError } from '../errors.js'
import { sqliteCode } from '../journal/sqlite/errors.js'
import { UNPRINTABLE } from '../observability/log.js'

type CommandOptions = NonNullable<ParseArgsConfig['options']>

type Values = { [name: string]: string | boolean | undefined }

/** One of the things that `talus-server` does to stored data. */
export type Command = {
  name: string
  /** How it is called, and what it does, for `--help`. */
  usage: string
  summary: string
  /** Beside `--data-dir`. */
  options: CommandOptions
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
  const options: CommandOptions = { ...command.options, 'data-dir': { type: 'string' } }
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

/** What SQLite's codes mean to an operator, by their first two words. */
const MEANINGS: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'the disk failed to read or write',
  SQLITE_CORRUPT: 'the database is damaged',
  SQLITE_NOTADB: 'the file is not a Talus database',
  SQLITE_CANTOPEN: 'a file cannot be opened',
  SQLITE_READONLY: 'a file cannot be written',
  SQLITE_PERM: 'a file may not be opened',
  SQLITE_BUSY: 'another process is using the database',
  SQLITE_LOCKED: 'another process is using the database',
  SQLITE_NOMEM: 'there is not enough memory',
}

/** Failures of the machine rather than of what is stored. */
const OF_THE_MACHINE = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_CANTOPEN',
  'SQLITE_BUSY',
  'SQLITE_NOMEM',
]

function primaryCode(error: unknown): string | undefined {
  return sqliteCode(error)?.split('_', 2).join('_')
}

/** Whether the disk or the machine failed: it says nothing about whether the data is whole. */
export function isMachineFailure(error: unknown): boolean {
  const code = primaryCode(error)
  if (code !== undefined) return OF_THE_MACHINE.includes(code)
  return error instanceof Error && error.cause !== undefined && isMachineFailure(error.cause)
}

/** What happened, for people: one line, whatever was thrown. */
export function failureText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = sqliteCode(error)
  const meaning = MEANINGS[primaryCode(error) ?? '']
  const text = meaning === undefined ? message : `${meaning}: ${message} (${code})`
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ')
}

/** Runs a step of a command; what goes wrong begins with `what` could not be done. */
export async function doing<T>(what: string, step: () => Promise<T> | T): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    throw new StorageError(`${what}: ${failureText(cause)}`, { cause })
  }
}

/** Lines with columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(printable))
  const widths = head.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  const text = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return lines.map((cells) => `${text(cells).trimEnd()}\n`).join('')
}

/** Names of projects are anybody's text: a terminal must not obey it. */
function printable(cell: string): string {
  return cell.replaceAll(UNPRINTABLE, '?')
}
