import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Debian keeps the programs of each version of PostgreSQL in a folder of its own. */
const POSTGRES = '/usr/lib/postgresql'

export const REDIS = 'redis-server'

/** The folder with the programs of the newest PostgreSQL of this machine. */
export function postgresPrograms(): string {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES) : []
  const [newest] = versions.toSorted((a, b) => Number(b) - Number(a))
  if (newest === undefined) throw new Error(`PostgreSQL is not installed: no ${POSTGRES}`)
  return join(POSTGRES, newest, 'bin')
}

/** What of PostgreSQL and Redis is not installed here, by the names of Debian's packages. */
export function missingPrograms(): string[] {
  const missing: string[] = []
  try {
    postgresPrograms()
  } catch {
    missing.push('postgresql')
  }
  if (spawnSync(REDIS, ['--version']).status !== 0) missing.push('redis-server')
  return missing
}
