import { join } from 'node:path'
import type { Config } from './config/config.js'
import { SettingError, StorageError } from './errors.js'
import { storageAdvice, storageCode } from './journal/causes.js'
import { type Journal, openPostgresJournal, openSqliteJournal } from './journal/index.js'
import { placeOf } from './journal/postgres/connection.js'
import { writeProbe } from './journal/sqlite/files.js'
import type { Observation } from './observability/observation.js'
import type { Outage } from './observability/outage.js'

/** `onLost` is told that the journal is lost while the server runs. */
type JournalOpening = {
  config: Pick<Config, 'dataDir' | 'databaseUrl' | 'durability'>
  observation: Observation
  onLost: ((error: Error) => void) | undefined
  /** Of a database: it has several connections, which are lost together. */
  outage: Outage
}

const JOURNAL_FAULTS = {
  stuck: 'durable entries cannot be indexed',
  checkpoint: 'the log cannot be copied into the database',
  disk: 'the disk failed the journal',
  older: 'commands that were acknowledged are missing',
  connection: 'a connection to the database was lost',
}

/** Where the data is kept, as may be told. */
export function dataPlace({
  dataDir,
  databaseUrl,
}: Pick<Config, 'dataDir' | 'databaseUrl'>): string {
  return databaseUrl === undefined ? dataDir : placeOf(databaseUrl)
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
    journal = await openStore(opening, () => isOpen)
    // To start, and refuse every command, would look like a server that works.
    await journal.ping()
    isOpen = true
    return journal
  } catch (err) {
    // What could not be opened may not close either: the first failure is the one to tell.
    await journal?.close().catch(() => undefined)
    if (err instanceof SettingError) throw err
    const advice = await adviceFor(err, opening.config.dataDir)
    if (advice === undefined) throw err
    const message = `The data cannot be kept in ${dataPlace(opening.config)}: ${advice}.`
    throw new StorageError(`${message} ${String(err instanceof Error ? err.message : err)}`, {
      cause: err,
    })
  }
}

function openStore(opening: JournalOpening, isOpen: () => boolean): Promise<Journal> {
  const { config, onLost, observation, outage } = opening
  const { dataDir, databaseUrl, durability } = config
  const { log, metrics } = observation
  const onFault = (fault: keyof typeof JOURNAL_FAULTS, err: unknown) => {
    // That the server cannot start is told by the refusal, once.
    if (!isOpen() && fault !== 'older') return
    metrics.instruments.journalFaults.inc({ fault })
    if (fault === 'connection') return outage.failed(err)
    log.error({ err, fault }, JOURNAL_FAULTS[fault])
  }
  if (databaseUrl !== undefined) {
    return openPostgresJournal({ url: databaseUrl, onFault: (err) => onFault('connection', err) })
  }
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
    onFault,
  })
}
