import type { DatabaseError } from 'pg'

/** What PostgreSQL answers with when it refuses: an SQLSTATE, and how bad it is. */
type Answer = Error & Pick<DatabaseError, 'code' | 'severity'>

/** Five characters, of which a letter is a capital: Node's codes are longer. */
const SQLSTATE = /^[0-9A-Z]{5}$/

/** The SQLSTATE of an error; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as Answer
  return code !== undefined && SQLSTATE.test(code) ? code : undefined
}

/**
 * Whether PostgreSQL has refused, so that nothing is durable. One that ends the connection may have
 * committed before: an operator ends it, or the server goes down.
 */
export function isAnswer(error: unknown): boolean {
  const code = sqlState(error)
  return code !== undefined && !/^(57P0[1245]|08)/.test(code)
}

/** Whether the connection was lost before the statement could be sent. */
export function isRefusedBefore(error: unknown): boolean {
  return error instanceof Error && /^Client (was closed|has encountered)/.test(error.message)
}

/** PostgreSQL's message with its code, which is what one searches for. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const code = sqlState(error) ?? (error as NodeJS.ErrnoException).code
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}
