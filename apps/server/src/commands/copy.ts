import { doing } from './failure.js'
import { openStored } from './reading.js'

/**
 * Copies a database, with what is in its log, into an empty file. It is a reading transaction of
 * SQLite: writers go on meanwhile, and none of it shows in the copy. Throws `StorageError`.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  await doing(`${from} cannot be copied to ${to}`, async () => {
    await using stored = await openStored(from)
    stored.exec(`vacuum into '${to.replaceAll("'", "''")}'`)
  })
}
