import type { CommandType, ErrorBody, ErrorCode, ErrorDetail } from '@talus/protocol'

/**
 * What can go wrong without a refusal by the server, in this order: no answer in time, the client
 * closed, the session left, no way to the server, a server of another version, a store that does
 * not work.
 */
export type LocalErrorCode =
  | 'TIMEOUT'
  | 'CLOSED'
  | 'LEFT'
  | 'UNREACHABLE'
  | 'UNSUPPORTED_SERVER'
  | 'STORE_FAILED'

type Reason = Omit<ErrorBody, 'code'> & { code: ErrorCode | LocalErrorCode }

/** A command as it was called, so that an application can offer it, or its text, again. */
export type RefusedCommand = {
  /** The type of the command. */
  command_type: CommandType
  /** What `execute` was given, with the ids of the nodes that it creates. */
  data: unknown
  /** What people would have read of it in the history. */
  label?: string
}

type Context = {
  commandId?: string | undefined
  command?: RefusedCommand | undefined
  cause?: unknown
}

/** Why something was refused or could not be done: the one error that this package rejects with. */
export class TalusError extends Error {
  /** The same for all of them, as for every error class. */
  override readonly name = 'TalusError'
  /** A code of the protocol's table, or one of `LocalErrorCode`. */
  readonly code: ErrorCode | LocalErrorCode
  /** What was expected where; empty when the message says it all. */
  readonly details: ErrorDetail[]
  /** Whether the same request may succeed later; a command then wants the same `commandId`. */
  readonly retryable: boolean
  /** Milliseconds to wait before the next attempt, where the server says so. */
  readonly retryAfterMs: number | undefined
  /** Of a fault of the server: the id under which its log has the rest. */
  readonly errorId: string | undefined
  /** The command that this is about, if it is about one. */
  readonly commandId: string | undefined
  /** Of a refused call of `execute` or `batch`: what it asked for. */
  readonly command: RefusedCommand | undefined

  /** For tests and stores; the client makes its own. */
  constructor(reason: Reason, context: Context = {}) {
    const { code, message, details = [], retryable, error_id, retry_after_ms } = reason
    super(message, context.cause === undefined ? {} : { cause: context.cause })
    this.code = code
    this.details = details
    this.retryable = retryable
    this.retryAfterMs = retry_after_ms
    this.errorId = error_id
    this.commandId = context.commandId
    this.command = context.command
  }

  /** For logs: an Error's own message is not enumerable. */
  toJSON(): object {
    return Object.assign({}, this, { message: this.message })
  }
}

/** What a server sent as the reason of a refusal; undefined when it is none of the contract's. */
export function asErrorBody(value: unknown): ErrorBody | undefined {
  const { code, message } = Object(value) as Partial<ErrorBody>
  return typeof code === 'string' && typeof message === 'string' ? (value as ErrorBody) : undefined
}

/** What no server has said. `cause`: what was thrown, if something was. */
export function ownError(
  code: Reason['code'],
  message: string,
  retryable: boolean,
  cause?: unknown,
): TalusError {
  return new TalusError({ code, message, retryable }, { cause })
}

export const closedError = () => ownError('CLOSED', 'The client was closed', false)

export function leftError(sessionId: string): TalusError {
  return ownError('LEFT', `The session ${sessionId} was left; join it again`, false)
}

/** What the server would say as well: nothing is shown, sent or taken back. */
export function notAllowed(role: string | undefined, needed = 'editor'): ErrorBody {
  const message = `A ${role} of the session may only look at it`
  const details = [{ path: '', expected: `the role ${needed}`, actual: role ?? null }]
  return { code: 'FORBIDDEN', message, details, retryable: false }
}

export function timeoutError(message: string, cause?: unknown): TalusError {
  return ownError('TIMEOUT', message, true, cause)
}

/** `why`: the cause in words. */
export function storeFailed(
  what: string,
  cause: unknown,
  why = 'it could not be loaded',
): TalusError {
  return ownError('STORE_FAILED', `${what}: the store does not work (${why})`, false, cause)
}

/** The part that foresees commands is missing. The next connection tries again. */
export function unforeseen(cause: unknown): TalusError {
  const message = 'Commands show when they are confirmed: a part of the client could not be loaded'
  return ownError('UNREACHABLE', message, true, cause)
}

export function unreadable(cause: unknown): TalusError {
  const message = 'The server sent a graph that this client cannot read'
  return ownError('INTERNAL_ERROR', message, false, cause)
}

/** There is no token for now: the callback failed, or the server refused what it gave. */
export function tokenFailed(cause: unknown): TalusError {
  if (cause instanceof TalusError) return cause
  const message = `The token callback failed: ${String(cause)}; the client tries again`
  return ownError('UNAUTHORIZED', message, true, cause)
}
