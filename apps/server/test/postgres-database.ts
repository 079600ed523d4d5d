import { randomUUID } from 'node:crypto'
import { runSql } from '@talus/services'

/** The server that the tests use. */
export function postgresUrl(): string {
  return process.env.TALUS_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres'
}

type Database = { url: string; drop: () => Promise<void> }

/** How the databases of this run are named. */
function prefix(): string {
  return `talus_test_${process.env.TALUS_TEST_RUN}_`
}

/** Databases that nobody uses now: to create one takes a second, to empty one a few milliseconds. */
const free: string[] = []

/** Drops the databases of this run. */
export async function dropDatabases(): Promise<void> {
  const sql = `select datname from pg_database where starts_with(datname, '${prefix()}')`
  for (const { datname } of await runSql<{ datname: string }>(postgresUrl(), sql)) {
    await runSql(postgresUrl(), `drop database ${datname} with (force)`)
  }
}

async function emptyDatabase(): Promise<Database> {
  const known = free.pop()
  const name = known ?? `${prefix()}${randomUUID().replaceAll('-', '')}`
  if (!known) await runSql(postgresUrl(), `create database ${name}`)
  const url = new URL(postgresUrl())
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await runSql(url.href, 'drop schema if exists talus cascade')
      free.push(name)
    },
  }
}

/** An empty database, for as long as its scope. */
export async function temporaryDatabase(): Promise<AsyncDisposable & Database> {
  const database = await emptyDatabase()
  return { ...database, [Symbol.asyncDispose]: database.drop }
}

const byFolder = new Map<string, Promise<Database>>()

/** The database that stands in place of a data folder, empty at first. */
export function databaseOf(folder: string): Promise<Database> {
  const known = byFolder.get(folder) ?? emptyDatabase()
  byFolder.set(folder, known)
  return known
}
