import type { Page } from 'playwright-core'

/** All that IndexedDB holds in a store. Rejects when there is no such database. */
export function stored(page: Page, database: string, store: string): Promise<unknown[]> {
  return page.evaluate(
    ([from, name]) =>
      new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open(from, 1)
        opening.onerror = () => reject(opening.error ?? new Error('open'))
        opening.onupgradeneeded = () => opening.transaction?.abort()
        opening.onsuccess = () => {
          const reading = opening.result.transaction(name).objectStore(name).getAll()
          reading.onsuccess = () => {
            opening.result.close()
            resolve(reading.result)
          }
        }
      }),
    [database, store] as const,
  )
}

/** The ids of the commands that IndexedDB holds. */
export async function storedCommands(page: Page): Promise<string[]> {
  const rows = (await stored(page, 'talus', 'commands')) as { command_id: string }[]
  return rows.map(({ command_id }) => command_id)
}
