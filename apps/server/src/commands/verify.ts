import { StorageError } from '../errors.js'
import { projectDamage } from '../journal/sqlite/projects.js'
import { type Command, databaseIn, doing, failureText, isMachineFailure } from './command.js'
import { type JournalReading, openReading } from './database.js'
import { type SessionVerdict, verifySession } from './verify-session.js'

/** `database`: what is wrong with the file beside its sessions. */
export type Verdict = { ok: boolean; sessions: SessionVerdict[]; database: string[] }

export const verify: Command = {
  name: 'verify',
  usage: 'talus-server verify [--data-dir DIR] [--json]',
  summary: 'replays every session and checks every digest; exit code 1 and the place of the damage',
  options: { json: { type: 'boolean' } },
  required: [],
  async run(dataDir, { json }) {
    const verdict = verifyFile(databaseIn(dataDir))
    process.stdout.write(json ? `${JSON.stringify(verdict, null, 2)}\n` : textOf(verdict))
    return verdict.ok ? 0 : 1
  },
}

const DAMAGED_LOG = 'The log (talus.db-wal) is damaged: the commits that it held last are missing'

/** Checks a whole database, also while a server writes to it. */
export function verifyFile(file: string): Verdict {
  using reading = openReading(file)
  const database: string[] = []
  const sessions: SessionVerdict[] = []
  try {
    for (const session_id of idsOf(reading)) {
      sessions.push(verifySession(reading, session_id))
    }
    database.push(...projectDamages(reading), ...strayRows(reading), ...integrityOf(reading))
    if (reading.hasLostCommits()) database.push(DAMAGED_LOG)
  } catch (error) {
    // Whether the data is whole is not known then.
    if (isMachineFailure(error)) throw error
    database.push(failureText(error))
  }
  const ok = database.length === 0 && sessions.every(({ damage }) => damage === null)
  return { ok, sessions, database }
}

function projectDamages({ database }: JournalReading): string[] {
  const projects = database.prepare('select project_id from projects').all()
  return (projects as { project_id: string }[]).flatMap(
    ({ project_id }) => projectDamage(database, project_id) ?? [],
  )
}

/** Rows of sessions that are not there, and were not deleted either. */
function strayRows({ database }: JournalReading): string[] {
  const sql = `select distinct session from by_seq
    where session not in (select id from sessions union select session from gone)`
  const rows = database.prepare(sql).all() as { session: number }[]
  return rows.map(({ session }) => `Session number ${session} is missing, its entries are there`)
}

/** Throws `StorageError` with all that is wrong. */
export function expectWhole(file: string): void {
  const { ok, sessions, database } = verifyFile(file)
  if (ok) return
  throw damagedFile(file, [...sessions.flatMap(({ damage }) => damage ?? []), ...database])
}

/** Throws `StorageError` unless the pages and indexes of a database are whole. */
export async function expectWholePages(file: string): Promise<void> {
  await doing(`${file} cannot be read`, () => {
    using stored = openReading(file)
    const wrong = integrityOf(stored)
    if (wrong.length > 0) throw damagedFile(file, wrong)
  })
}

/** Places that are named; `verify` lists them all. */
const NAMED = 3

function damagedFile(file: string, places: readonly string[]): StorageError {
  const more = places.length > NAMED ? `; and ${places.length - NAMED} more` : ''
  return new StorageError(`${file} is damaged: ${places.slice(0, NAMED).join('; ')}${more}`)
}

function idsOf({ database }: JournalReading): string[] {
  const rows = database.prepare('select session_id from sessions order by session_id').all()
  return (rows as { session_id: string }[]).map(({ session_id }) => session_id)
}

/** Damage of pages and indexes, which digests of rows cannot see. */
function integrityOf({ database }: JournalReading): string[] {
  const rows = database.prepare('pragma integrity_check').all() as { integrity_check: string }[]
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
}

function textOf({ ok, sessions, database }: Verdict): string {
  const lines = sessions.map(
    ({ session_id, seq, damage }) => `${session_id}: ${damage ?? `whole, to seq ${seq}`}`,
  )
  const end = ok ? `${sessions.length} sessions are whole` : 'The data is damaged'
  return [...lines, ...database, end, ''].join('\n')
}
