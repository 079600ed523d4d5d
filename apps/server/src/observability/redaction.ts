import { printable, printableFields } from './printable.js'

/** Fields that hold secrets or content, wherever a log entry may carry them. */
const SECRET_FIELDS = [
  'authorization',
  'token',
  'share_token',
  'guest_token',
  'secret',
  'properties',
  'new_value',
  'old_value',
  'state',
  'data',
  'body',
  'payload',
]

const CENSOR = '[redacted]'

/** Causes of causes are followed so far. */
const DEPTH = 4

type Shown = { type: string; message: string; code?: string; stack?: string; cause?: Shown }

/** `JSON.parse` quotes what it could not read: that is somebody's content. */
function messageOf(err: Error): string {
  return err instanceof SyntaxError ? 'The text could not be parsed' : printable(err.message)
}

/** The places, without the message that a stack begins with. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map(printable)
    .join('\n')
}

/**
 * An error for the log: what kind, what it says, where. Other fields that hang on it, such as the
 * request or the values that did not fit, are left out.
 */
function shownError(err: unknown, depth = DEPTH): Shown {
  if (!(err instanceof Error)) return { type: typeof err, message: CENSOR }
  const { code } = err as { code?: unknown }
  const shown: Shown = { type: err.name, message: messageOf(err), stack: framesOf(err) }
  if (typeof code === 'string') shown.code = code
  if (err.cause !== undefined && depth > 0) shown.cause = shownError(err.cause, depth - 1)
  return shown
}

/** The path of a URL: its query may hold what was searched for. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

type LoggedRequest = { method: string; url: string; ip?: string }

/** How pino writes what it is given: options for `logger.child`. */
export const GUARDED = {
  formatters: { log: (fields: object) => printableFields(fields) },
  serializers: {
    err: (err: unknown) => shownError(err),
    req: ({ method, url, ip }: LoggedRequest) => ({
      method,
      path: printable(pathOf(url)),
      address: ip === undefined ? ip : printable(ip),
    }),
  },
  redact: {
    paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
    censor: CENSOR,
  },
}
