import { destination, pino, type Logger } from 'pino'
import { GUARDED } from './redaction.js'

/** JSON lines on standard error; entries carry session_id and command_id where there are any. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination(2))
}

/** The same log, in which no secret and no content of a project can appear. */
export function guarded(logger: Logger): Logger {
  return logger.child({}, GUARDED)
}
