import { open, rm } from 'node:fs/promises'
import { StorageError } from './journal.js'

/** Written and synced: about what the next groups of commands need. */
const BYTES = 512 * 1024

/** So long a success counts: whoever asks often does not keep the disk busy. */
const COUNTS_MS = 1_000

/**
 * Proves that the folder of the data takes what is written: a file of half a megabyte is written
 * there, synced and removed, not in the journal's thread. Rejects with `StorageError`.
 */
export function writeProbe(file: string): () => Promise<void> {
  let succeededAt = -Infinity
  return async () => {
    if (performance.now() - succeededAt < COUNTS_MS) return
    try {
      await write(file)
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException
      throw new StorageError(`The data folder takes no data (${code})`, { cause })
    } finally {
      await rm(file, { force: true }).catch(() => undefined)
    }
    succeededAt = performance.now()
  }
}

async function write(file: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(new Uint8Array(BYTES))
    await handle.sync()
  } finally {
    await handle.close()
  }
}
