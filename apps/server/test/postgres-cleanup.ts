import { randomUUID } from 'node:crypto'

/** Names the databases of this run, and drops them at its end. */
export default function setup(): () => Promise<void> {
  process.env.TALUS_TEST_RUN = randomUUID().slice(0, 8)
  return async () => {
    const { dropDatabases } = await import('./postgres-database.js')
    // Where no PostgreSQL runs, no test has made a database.
    await dropDatabases().catch(() => undefined)
  }
}
