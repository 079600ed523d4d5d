import { destination, pino, type Logger } from 'pino'
import { closeFileToOthers } from '../private-files.js'
import { printableFields } from './printable.js'
import { SettingError } from './setting-error.js'

/** A file of its own for the audit log. */
export type AuditFile = {
  logger: Logger
  /** Opens the file again under its name: somebody has moved it away. */
  reopen: () => void
  close: () => void
}

/** Bytes that are kept for a disk that takes none; what comes after them is lost. */
const MAX_WAITING = 1_000_000

function opened(file: string) {
  try {
    return destination({
      dest: file,
      append: true,
      mode: 0o600,
      sync: true,
      maxLength: MAX_WAITING,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingError(`--audit-log (TALUS_AUDIT_LOG) cannot be written: ${reason}`, {
      cause,
    })
  }
}

/**
 * Appends to the file, readable by its owner only. Every line is written at once: what was done must
 * not be lost with the process. Throws when the file cannot be opened.
 */
export function openAuditFile(file: string, onError: (err: Error) => void): AuditFile {
  const stream = opened(file)
  stream.on('error', onError)
  // It may have been there, or a program that rotates logs has made it.
  stream.on('ready', () => {
    for (const sentence of closeFileToOthers(file)) onError(new Error(sentence))
  })
  return {
    logger: pino(
      {
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { log: (fields) => printableFields(fields) },
      },
      stream,
    ),
    reopen() {
      try {
        stream.reopen()
      } catch (err) {
        // The old file is still open, and takes what comes.
        onError(err instanceof Error ? err : new Error(String(err)))
      }
    },
    close: () => stream.end(),
  }
}
