import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { closeToOthers, createPrivateFolder } from '../private-files.js'
import { StorageError, type Journal } from './journal.js'
import { inSteps } from './snapshot-steps.js'
import type { Durability } from './sqlite-database.js'
import { linkWorker, type JournalEvents, type WorkerLink } from './sqlite-link.js'
import type { WorkerOptions } from './sqlite-messages.js'
import { builtWorker } from '../built-worker.js'
import { writeProbe } from './write-probe.js'

export type SqliteJournalOptions = {
  /** The database; it and its directory are created if need be. */
  file: string
  durability: Durability
  /** Other users of the machine may do something with a file or folder: a sentence that says so. */
  onExposed?: (sentence: string) => void
} & Partial<JournalEvents>

/**
 * The journal in a SQLite database, in a worker thread of its own so that waiting for the disk
 * never blocks the event loop. Rejects with `StorageError` when the file cannot be used: it is no
 * journal, another process has it open, its directory cannot be created or written.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { file, durability, onFatal = () => undefined, onFault = () => undefined } = options
  await createDataFolder(dirname(file))
  const workerData: WorkerOptions = { file, durability }
  const worker = new Worker(builtWorker('journal/sqlite-worker.js'), { workerData })
  const link = linkWorker(worker, { onFatal, onFault })
  try {
    // The first answer tells whether the database opened.
    await link.request('ping')
  } catch (error) {
    await link.terminate()
    throw error
  }
  for (const sentence of closeToOthers(file)) options.onExposed?.(sentence)
  return journalOver(link, writeProbe(`${file}-probe`))
}

/** Creates the folder of a database, if need be. Throws `StorageError`. */
export async function createDataFolder(folder: string): Promise<void> {
  try {
    await createPrivateFolder(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`The data directory ${folder} cannot be created: ${reason}`, {
      cause: error,
    })
  }
}

function journalOver({ append, request, close }: WorkerLink, probe: () => Promise<void>): Journal {
  return {
    createSession: (record, owner) => request('createSession', record, owner),
    loadSession: (session_id) => request('loadSession', session_id),
    findSession: (session_id) => request('findSession', session_id),
    listSessions: (page) => request('listSessions', page),
    countCreated: (actor_id) => request('countCreated', actor_id),
    deleteSession: (session_id) => request('deleteSession', session_id),
    append,
    entriesAfter: (session_id, after_seq, limit, maxChars) =>
      request('entriesAfter', session_id, after_seq, limit, maxChars),
    firstSeq: (session_id) => request('firstSeq', session_id),
    findCommand: (session_id, command_id) => request('findCommand', session_id, command_id),
    writeSnapshot: inSteps({
      beginSnapshot: (session_id, seq) => request('beginSnapshot', session_id, seq),
      addSnapshotPart: (session_id, part) => request('addSnapshotPart', session_id, part),
      settleSome: (session_id) => request('settleSome', session_id),
      endSnapshot: (session_id, seq) => request('endSnapshot', session_id, seq),
      abandonSnapshot: (session_id, seq) => request('abandonSnapshot', session_id, seq),
      removeOldParts: (session_id) => request('removeOldParts', session_id),
    }),
    truncate: (session_id, truncation) => request('truncate', session_id, truncation),
    eraseRemoved: () => request('eraseRemoved'),
    members: (session_id) => request('members', session_id),
    putMember: (session_id, member) => request('putMember', session_id, member),
    deleteMember: (session_id, actor_id) => request('deleteMember', session_id, actor_id),
    sessionsOf: (actor_id) => request('sessionsOf', actor_id),
    createShareLink: (link) => request('createShareLink', link),
    shareLinks: (session_id) => request('shareLinks', session_id),
    deleteShareLink: (session_id, link_id) => request('deleteShareLink', session_id, link_id),
    findShareLink: (token_hash) => request('findShareLink', token_hash),
    createProject: (project) => request('createProject', project),
    getProject: (project_id) => request('getProject', project_id),
    findProject: (project_id) => request('findProject', project_id),
    listProjects: (page) => request('listProjects', page),
    saveProject: (project_id, saved) => request('saveProject', project_id, saved),
    savedDocument: (project_id) => request('savedDocument', project_id),
    deleteProject: (project_id) => request('deleteProject', project_id),
    size: () => request('size'),
    async ping() {
      await request('ping')
      await probe()
    },
    close,
  }
}
