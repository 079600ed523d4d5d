import { destination, type Logger, pino } from 'pino'

/** Bytes of lines that are kept while nothing takes them; what comes after them is lost. */
const MAX_WAITING = 1_000_000

/**
 * JSON lines on standard error; entries carry session_id and command_id where there are any. Where
 * they go may be full or gone, which must not stop the server.
 */
export function createLogger(level: string): Logger {
  const stream = destination({ dest: 2, sync: true, maxLength: MAX_WAITING })
  // Nothing is left to tell it to; the lines wait, and the last ones are written when they can be.
  stream.on('error', () => undefined)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}

/** The same log, in which no secret and no content of a project can appear. */
export function guarded(logger: Logger): Logger {
  return logger.child({}, GUARDED)
}

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
const CAUSE_DEPTH = 4

type ShownError = {
  type: string
  message: string
  code?: string
  stack?: string
  cause?: ShownError
}

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
function shownError(err: unknown, depth = CAUSE_DEPTH): ShownError {
  if (!(err instanceof Error)) return { type: typeof err, message: CENSOR }
  const { code } = err as { code?: unknown }
  const shown: ShownError = { type: err.name, message: messageOf(err), stack: framesOf(err) }
  if (typeof code === 'string') shown.code = code
  if (err.cause !== undefined && depth > 0) shown.cause = shownError(err.cause, depth - 1)
  return shown
}

/** The path of a URL: its query may hold what was searched for. */
function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

type LoggedRequest = { method: string; url: string; ip?: string }

/** How pino writes what it is given: options for `logger.child`. */
const GUARDED = {
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

/**
 * Characters that make a terminal or a viewer show something else than what is there: the controls
 * of C0 and C1 (U+009B begins a command to a terminal), line and paragraph separators, marks and
 * overrides of direction, characters without width, tags, halves of surrogate pairs.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

/** The text with each such character as `\u009b`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped)
}

/** Objects in objects are followed so far. */
const PRINTABLE_DEPTH = 4

function printableValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value) && depth > 0) return value.map((item) => printableValue(item, depth - 1))
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain && depth > 0 ? printableFields(value, depth - 1) : value
}

/** The fields of a log entry, printable: names, ids, addresses and headers are anybody's text. */
export function printableFields(fields: object, depth = PRINTABLE_DEPTH): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([name, value]) => [printable(name), printableValue(value, depth)]),
  )
}
