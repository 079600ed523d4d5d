import type { DatabaseError } from 'pg'

/** The fields of a PostgreSQL error: SQLSTATE and severity. */
type Answer = Error & Pick<DatabaseError, 'code' | 'severity'>

/** Five characters, digits and capital letters. Error codes of Node are longer. */
const SQLSTATE = /^[0-9A-Z]{5}$/

/** The SQLSTATE of an error; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as Answer
  return code !== undefined && SQLSTATE.test(code) ? code : undefined
}

/**
 * Whether PostgreSQL rejected the statement, so that nothing is durable. Errors that end the
 * connection, such as a shutdown, do not count: the commit may have succeeded before.
 */
export function isAnswer(error: unknown): boolean {
  const code = sqlState(error)
  return code !== undefined && !/^(57P0[1245]|08)/.test(code)
}

/** Whether the connection was lost before the statement could be sent. */
export function isRefusedBefore(error: unknown): boolean {
  return error instanceof Error && /^Client (was closed|has encountered)/.test(error.message)
}

/** PostgreSQL's message with its SQLSTATE. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const code = sqlState(error) ?? (error as NodeJS.ErrnoException).code
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}
