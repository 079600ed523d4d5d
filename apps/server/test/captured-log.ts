import { Writable } from 'node:stream'
import { pino, type Logger } from 'pino'

export type LogLine = Record<string, unknown>

/** A real log whose lines are kept. */
export function capturedLog(level: string): {
  logger: Logger
  text: () => string
  lines: () => LogLine[]
} {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk)
      done()
    },
  })
  return {
    logger: pino({ level }, stream),
    text: () => written,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
  }
}
