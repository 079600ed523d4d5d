import { ownError, type TalusError } from './errors.js'

/** Why one attempt failed: what whoever noticed it says, and what HTTP answered, if it did. */
export type Failure = { transport: string; text: string; status: number | undefined }

type Nested = {
  message?: string
  code?: string
  cause?: unknown
  error?: unknown
  errors?: unknown[]
  description?: unknown
  context?: { statusText?: unknown; responseText?: unknown }
}

/** What is said at the bottom: `fetch`, Engine.IO, `ws` and XMLHttpRequest hide it, each elsewhere. */
export function reasonOf(error: unknown): string {
  const {
    message,
    code,
    cause,
    error: inner,
    errors,
    description,
    context,
  } = Object(error) as Nested
  for (const deeper of [inner, cause, errors?.[0], description, context?.statusText]) {
    const reason = typeof deeper === 'object' ? reasonOf(deeper) : ''
    if (reason) return reason
  }
  return message || code || ''
}

export function failureOf(transport: string, error: unknown): Failure {
  const { description } = Object(error) as Nested
  const said = reasonOf(error)
  const given = Number(/server response: (\d+)/.exec(said)?.[1] ?? description)
  const status = given > 0 ? given : undefined
  return { transport, status, text: status ? (strayOf(error) ?? `HTTP ${status}`) : said }
}

/** What the server says when polling went to another one than the one that has the connection. */
export function strayOf(error: unknown): string | undefined {
  const { context } = Object(error) as Nested
  return /Session ID unknown[^"]*/.exec(String(context?.responseText))?.[0]
}

/** No attempt led to a connection. */
export function unreachable(
  url: string,
  failures: readonly Failure[],
  { words, cause }: { words?: string; cause?: unknown },
): TalusError {
  const each = failures.map(({ transport, text }) => `${transport}: ${text}`).join('; ')
  const message = `No connection to ${url}: ${words ? `${words} (${each})` : each}`
  return ownError('UNREACHABLE', message, true, cause)
}
