import { destination, pino, type Logger } from 'pino'

/** JSON lines on standard error; entries carry session_id and command_id where there are any. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination(2))
}
