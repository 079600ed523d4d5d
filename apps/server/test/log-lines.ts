import { Writable } from 'node:stream'
import { pino, type Logger } from 'pino'

export type LogLine = Record<string, unknown> & { msg: string }

/** A real log, of what is a warning or worse, that is kept in memory line by line. */
export function keptLog(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString('utf8')) as LogLine)
      done()
    },
  })
  return { logger: pino({ level: 'warn' }, stream), lines }
}
