import { destination, pino, type Logger } from 'pino'
import { GUARDED } from './redaction.js'

/** Bytes of lines that are kept while nothing takes them; what comes after them is lost. */
const MAX_WAITING = 1_000_000

/**
 * JSON lines on standard error; entries carry session_id and command_id where there are any. Where
 * they go may be full or gone, which must not stop the server.
 */
export function createLogger(level: string): Logger {
  const stream = destination({ dest: 2, sync: true, maxLength: MAX_WAITING })
  stream.on('error', () => undefined)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}

/** The same log, in which no secret and no content of a project can appear. */
export function guarded(logger: Logger): Logger {
  return logger.child({}, GUARDED)
}
