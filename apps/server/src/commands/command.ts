import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'
import { StorageError } from '../errors.js'
import type { PostgresDatabase } from '../journal/postgres/connection.js'
import { commandDatabase } from '../journal/postgres/contents.js'
import { expectSchema } from '../journal/postgres/schema.js'
import { type Connection, openReadOnly, type SqliteDatabase } from '../journal/sqlite/database.js'
import { sqliteCode } from '../journal/sqlite/errors.js'
import { isServed } from '../journal/sqlite/lock.js'
import { expectTables } from '../journal/sqlite/schema.js'
import { Tail } from '../journal/sqlite/tail.js'
import { hasLostCommits, logStateOf, openLogState } from '../journal/sqlite/wal.js'
import { UNPRINTABLE } from '../observability/log.js'

const EXPECTED = 'expected a Talus database, as `talus-server backup` writes it'

/** Throws `StorageError` unless the path is a readable file that is not empty. */
export function expectDatabaseFile(file: string): void {
  const found = statsOf(file)
  if (found === undefined) throw new StorageError(`${file} is not there; ${EXPECTED}`)
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a folder' : 'not a regular file'
    throw new StorageError(`${file} is ${kind}; ${EXPECTED}`)
  }
  if (found.size === 0) throw new StorageError(`${file} is empty (0 bytes); ${EXPECTED}`)
  try {
    accessSync(file, constants.R_OK)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** Whether two paths lead to the same file, also through links. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [statsOf(one), statsOf(other)]
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): StorageError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StorageError(`${file} cannot be read: ${reason}`, { cause })
}

/** A journal opened for reading only; it does not block writers. */
export type JournalReading = Disposable & {
  database: SqliteDatabase
  tail: Tail
  /** Whether the log is damaged and has lost commits. */
  hasLostCommits: () => boolean
}

/** Opens a database for reading. Throws `StorageError` if it is not a Talus database. */
export function openReading(file: string): JournalReading {
  expectDatabaseFile(file)
  const lost = lostCommits(file)
  const database = openReadOnly(file)
  try {
    expectTables(database, file)
  } catch (error) {
    database.close()
    const cause = error instanceof Error ? error.cause : undefined
    if (isMachineFailure(error) || cause === undefined) throw error
    throw new StorageError(`${file} has no schema of Talus: ${failureText(cause)}`, { cause })
  }
  return {
    database,
    tail: new Tail(database),
    hasLostCommits: () => lost(database.connection),
    [Symbol.dispose]: () => database.close(),
  }
}

/**
 * Called before a database is opened. A server that has it keeps its log to itself, and has looked
 * when it started: what it writes meanwhile would look like a loss.
 */
function lostCommits(file: string): (connection: Connection) => boolean {
  if (isServed(file)) return () => false
  const before = logStateOf(file)
  return (connection) =>
    hasLostCommits(file, before, openLogState(connection, file)) && !isServed(file)
}

type CommandOptions = NonNullable<ParseArgsConfig['options']>

type Values = { [name: string]: string | boolean | undefined }

/** A data command of `talus-server`. */
export type Command = {
  name: string
  /** Usage and summary in `--help`. */
  usage: string
  summary: string
  /** Flags in addition to `--data-dir` and `--database-url`. */
  options: CommandOptions
  required: readonly string[]
  /** True: supports PostgreSQL; otherwise a message that names the alternative. */
  databases: true | string
  /** Resolves with the exit code, 0 or 1. Writes failures to standard error. */
  run: (place: DataPlace, values: Values) => Promise<number>
}

/** Location of the data: the folder, unless there is a URL. */
export type DataPlace = { dataDir: string; databaseUrl: string | undefined }

/** Location of the data for a command; flags take precedence over variables. */
export function placeOfData(values: Values, env: NodeJS.ProcessEnv): DataPlace {
  const { 'data-dir': folder, 'database-url': url } = values
  const named = env.TALUS_DATABASE_URL ?? env.DATABASE_URL
  const given = url ?? (folder === undefined ? named : undefined)
  return {
    dataDir: String(folder ?? env.TALUS_DATA_DIR ?? './data'),
    databaseUrl: given === undefined ? undefined : String(given),
  }
}

/** Runs a function on a database with the tables of Talus. Rejects with `StorageError`. */
export async function inDatabase<T>(
  url: string,
  work: (database: PostgresDatabase) => Promise<T>,
): Promise<T> {
  const database = await commandDatabase(url)
  try {
    await expectSchema(database)
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Whether a text names a PostgreSQL database. */
export function isDatabaseUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)
}

/** The database of a data folder. */
export function databaseIn(dataDir: string): string {
  return join(dataDir, 'talus.db')
}

/** Parses a command's flags. Errors: BAD_REQUEST. */
export function readValues(command: Command, args: readonly string[]): Result<Values> {
  const options: CommandOptions = {
    ...command.options,
    'data-dir': { type: 'string' },
    'database-url': { type: 'string' },
  }
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

/** Whether the disk or the machine failed, which does not mean that the data is damaged. */
export function isMachineFailure(error: unknown): boolean {
  const code = primaryCode(error)
  if (code !== undefined) return OF_THE_MACHINE.includes(code)
  return error instanceof Error && error.cause !== undefined && isMachineFailure(error.cause)
}

/** An error as one line of text. */
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

/** Project names come from clients: escape control characters for the terminal. */
function printable(cell: string): string {
  return cell.replaceAll(UNPRINTABLE, '?')
}
