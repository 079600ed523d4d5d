import { randomUUID } from 'node:crypto'
import { answers, hasRedis, PostgresServer, startRedis } from '@talus/services'
import { dropDatabases, postgresUrl } from './postgres-database.js'

/**
 * PostgreSQL and Redis for the tests: those of this machine, or else servers of their own. Names the
 * databases of this run, and drops them at its end.
 */
export default async function setup(): Promise<() => Promise<void>> {
  process.env.TALUS_TEST_RUN ??= randomUUID().slice(0, 8)
  const postgres = (await answers(postgresUrl())) ? undefined : await PostgresServer.create()
  if (postgres) process.env.TALUS_TEST_POSTGRES = postgres.url
  const redisUrl = process.env.TALUS_TEST_REDIS ?? 'redis://127.0.0.1:6379'
  const redis = (await hasRedis(redisUrl)) ? undefined : await startRedis()
  process.env.TALUS_TEST_REDIS = redis?.url ?? redisUrl
  return async () => {
    await dropDatabases()
    await postgres?.[Symbol.asyncDispose]()
    await redis?.[Symbol.asyncDispose]()
  }
}
