import { StorageError } from '../journal/journal.js'
import { projectDamage } from '../journal/project-queries.js'
import { databaseIn, type Command } from './command.js'
import { doing, failureText, isMachineFailure } from './failure.js'
import { openReading, openStored, type JournalReading } from './reading.js'
import { verifySession, type SessionVerdict } from './verify-session.js'

/** `database`: what is wrong with the file beside its sessions. */
export type Verdict = { ok: boolean; sessions: SessionVerdict[]; database: string[] }

export const verify: Command = {
  name: 'verify',
  usage: 'talus-server verify [--data-dir DIR] [--json]',
  summary: 'replays every session and checks every digest; exit code 1 and the place of the damage',
  options: { json: { type: 'boolean' } },
  required: [],
  async run(dataDir, { json }) {
    const verdict = await verifyFile(databaseIn(dataDir))
    process.stdout.write(json ? `${JSON.stringify(verdict, null, 2)}\n` : textOf(verdict))
    return verdict.ok ? 0 : 1
  },
}

/** Checks a whole database, also while a server writes to it. */
export async function verifyFile(file: string): Promise<Verdict> {
  await using reading = await openReading(file)
  const database: string[] = []
  const sessions: SessionVerdict[] = []
  try {
    for (const session_id of await idsOf(reading)) {
      sessions.push(await verifySession(reading.db, session_id))
    }
    database.push(...(await projectDamages(reading)), ...integrityOf(reading))
  } catch (error) {
    // Whether the data is whole is not known then.
    if (isMachineFailure(error)) throw error
    database.push(failureText(error))
  }
  const ok = database.length === 0 && sessions.every(({ damage }) => damage === null)
  return { ok, sessions, database }
}

async function projectDamages({ db }: JournalReading): Promise<string[]> {
  const projects = await db.selectFrom('projects').select('project_id').execute()
  const found: string[] = []
  for (const { project_id } of projects) {
    const damage = await projectDamage(db, project_id)
    if (damage !== null) found.push(damage)
  }
  return found
}

/** Throws `StorageError` with all that is wrong. */
export async function expectWhole(file: string): Promise<void> {
  const { ok, sessions, database } = await verifyFile(file)
  if (ok) return
  throw damagedFile(file, [...sessions.flatMap(({ damage }) => damage ?? []), ...database])
}

/** Throws `StorageError` unless the pages and indexes of a database, of any version, are whole. */
export async function expectWholePages(file: string): Promise<void> {
  await doing(`${file} cannot be read`, async () => {
    await using stored = await openStored(file)
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

async function idsOf({ db }: JournalReading): Promise<string[]> {
  const rows = await db.selectFrom('sessions').select('session_id').orderBy('session_id').execute()
  return rows.map(({ session_id }) => session_id)
}

/** Damage of pages and indexes, which digests of rows cannot see. */
function integrityOf({ all }: JournalReading): string[] {
  const rows = all('pragma integrity_check') as { integrity_check: string }[]
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
}

function textOf({ ok, sessions, database }: Verdict): string {
  const lines = sessions.map(
    ({ session_id, seq, damage }) => `${session_id}: ${damage ?? `whole, to seq ${seq}`}`,
  )
  const end = ok ? `${sessions.length} sessions are whole` : 'The data is damaged'
  return [...lines, ...database, end, ''].join('\n')
}
