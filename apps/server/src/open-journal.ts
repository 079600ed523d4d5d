import { join } from 'node:path'
import type { Config } from './config/config.js'
import type { Observation } from './observability/observation.js'
import { StorageError } from './errors.js'
import { type Journal, openSqliteJournal } from './journal/index.js'
import { storageAdvice, storageCode } from './journal/sqlite/errors.js'
import { writeProbe } from './journal/sqlite/files.js'

/** `onLost` is told that the journal is lost while the server runs. */
type JournalOpening = {
  config: Pick<Config, 'dataDir' | 'durability'>
  observation: Observation
  onLost: ((error: Error) => void) | undefined
}

const JOURNAL_FAULTS = {
  stuck: 'durable entries cannot be indexed',
  checkpoint: 'the log cannot be copied into the database',
  disk: 'the disk failed the journal',
  older: 'commands that were acknowledged are missing',
}

/** SQLite says that something failed, the system why: on a full disk, a file that cannot grow. */
async function adviceFor(err: unknown, dataDir: string): Promise<string | undefined> {
  const advice = storageAdvice(err)
  if (advice === undefined || !storageCode(err)?.startsWith('SQLITE_')) return advice
  const probe = writeProbe(join(dataDir, 'talus.db-probe'))
  return probe().then(
    () => advice,
    (cause: unknown) => storageAdvice(cause) ?? advice,
  )
}

/** Rejects with a StorageError that says what to do, also where the journal opens and cannot write. */
export async function openJournal(opening: JournalOpening): Promise<Journal> {
  let journal: Journal | undefined
  try {
    let isOpen = false
    journal = await openSqlite(opening, () => isOpen)
    // To start, and refuse every command, would look like a server that works.
    await journal.ping()
    isOpen = true
    return journal
  } catch (err) {
    // What could not be opened may not close either: the first failure is the one to tell.
    await journal?.close().catch(() => undefined)
    const { dataDir } = opening.config
    const advice = await adviceFor(err, dataDir)
    if (advice === undefined) throw err
    const message = `The data cannot be kept in ${dataDir}: ${advice}.`
    throw new StorageError(`${message} ${String(err instanceof Error ? err.message : err)}`, {
      cause: err,
    })
  }
}

function openSqlite(
  { config, onLost, observation }: JournalOpening,
  isOpen: () => boolean,
): Promise<Journal> {
  const { dataDir, durability } = config
  const { log, metrics } = observation
  return openSqliteJournal({
    file: join(dataDir, 'talus.db'),
    durability,
    onExposed: (sentence) => log.warn(sentence),
    onFatal(err) {
      log.fatal({ err }, 'the journal is lost')
      // Uncaught unless somebody ends the process: to go on would be to lie.
      if (!onLost) throw err
      onLost(err)
    },
    onFault(fault, err) {
      // That the server cannot start is told by the refusal, once.
      if (!isOpen() && fault !== 'older') return
      metrics.instruments.journalFaults.inc({ fault })
      log.error({ err, fault }, JOURNAL_FAULTS[fault])
    },
  })
}
