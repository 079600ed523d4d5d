import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { StorageError } from '../journal.js'
import type { Connection } from './lock.js'

/** SQLite's file formats: https://sqlite.org/walformat.html */
const INDEX_HEADER = 48
const COPIED_AT = 96
const LOG_HEADER = 32
const FRAME_HEADER = 24
const MAGIC = 0x377f0682

/** How far the log counts, as its index (`-shm`) says, which outlives a process that is killed. */
type LogState = {
  /** Tells one use of the log's file from the next. */
  salt: Buffer
  frames: number
  /** Frames whose pages are in the database as well. */
  copied: number
}

/**
 * The state that the index tells, for before the database is opened: to close any descriptor of the
 * index takes from the whole process the locks that SQLite has on it. Undefined: there is no index,
 * or it is not whole.
 */
export function logStateOf(file: string): LogState | undefined {
  const index = readStart(`${file}-shm`, COPIED_AT + 4)
  if (index === undefined || index.length < COPIED_AT + 4) return undefined
  const header = index.subarray(0, INDEX_HEADER)
  if (!header.equals(index.subarray(INDEX_HEADER, COPIED_AT)) || header[12] !== 1) return undefined
  return {
    salt: header.subarray(32, 40),
    frames: header.readUInt32LE(16),
    copied: index.readUInt32LE(COPIED_AT),
  }
}

/** The same of a database that is open and was read: SQLite itself says how far its log counts. */
export function openLogState(connection: Connection, file: string): LogState {
  const { log, checkpointed } = connection.prepare('pragma wal_checkpoint(noop)').get() as {
    log: number
    checkpointed: number
  }
  const header = readStart(`${file}-wal`, LOG_HEADER) ?? Buffer.alloc(0)
  return { salt: header.subarray(16, 24), frames: Math.max(log, 0), copied: checkpointed }
}

/**
 * Whether the database is older than what was acknowledged: commits that the log has had do not
 * count any more. SQLite reads a log up to the first frame that is damaged and takes that for its
 * end. `before` is the state before the database was opened, `after` once it was read.
 */
export function hasLostCommits(file: string, before?: LogState, after?: LogState): boolean {
  if (before && before.frames > before.copied) {
    const isSameLog = after?.salt.equals(before.salt) ?? false
    if (!isSameLog || (after?.frames ?? 0) < before.frames) return true
  }
  return hasCommitsBeyond(file, after?.frames ?? 0)
}

/** Whether the log goes on, after the frames that count, with commits of the same use of it. */
function hasCommitsBeyond(file: string, frames: number): boolean {
  const path = `${file}-wal`
  if (!existsSync(path)) return false
  const log = openSync(path, 'r')
  try {
    const { size } = fstatSync(log)
    if (size <= LOG_HEADER) return false
    const header = readAt(log, 0, LOG_HEADER)
    if (!isWhole(header)) return true
    const length = FRAME_HEADER + header.readUInt32BE(8)
    const salt = header.subarray(16, 24)
    for (let at = LOG_HEADER + frames * length; at + length <= size; at += length) {
      const frame = readAt(log, at, FRAME_HEADER)
      if (!frame.subarray(8, 16).equals(salt)) continue
      if (frame.readUInt32BE(4) !== 0) return true
    }
    return false
  } finally {
    closeSync(log)
  }
}

/** Whether the checksum of the log's header fits. */
function isWhole(header: Buffer): boolean {
  const isBigEndian = (header.readUInt32BE(0) & 1) === 1
  if ((header.readUInt32BE(0) & ~1) !== MAGIC) return false
  let [first, second] = [0, 0]
  for (let at = 0; at < 24; at += 8) {
    const word = (place: number) =>
      isBigEndian ? header.readUInt32BE(place) : header.readUInt32LE(place)
    first = (first + word(at) + second) >>> 0
    second = (second + word(at + 4) + first) >>> 0
  }
  return first === header.readUInt32BE(24) && second === header.readUInt32BE(28)
}

function readStart(path: string, length: number): Buffer | undefined {
  if (!existsSync(path)) return undefined
  const file = openSync(path, 'r')
  try {
    return readAt(file, 0, length)
  } finally {
    closeSync(file)
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}

/** So many characters make about 16 MB of log, with the pages that are written whole. */
const CHARACTERS = 4_000_000

/** After a failure it is tried again without anything being written meanwhile. */
const RETRY_MS = 1_000

/** One may fail by a moment's misfortune; from so many in a row on, the log only grows. */
const FAILING = 2

/**
 * Has the log copied into the database on the thread that reads. That takes tens of milliseconds for
 * which commands would wait otherwise: SQLite lets others append to the log meanwhile. A pause of
 * those who write lets the log begin anew; without any it grows on, until SQLite's own checkpoint has
 * to wait for what little is left to copy (`wal_autocheckpoint`). A checkpoint that fails loses
 * nothing: the log has everything until one has succeeded.
 */
export class Checkpoints {
  readonly #checkpoint: () => Promise<void>
  readonly #onFailed: (error: StorageError) => void
  #state: 'waiting' | 'running' | 'closed' = 'waiting'
  #written = 0
  #failures = 0
  #reason = ''

  constructor(checkpoint: () => Promise<void>, onFailed: (error: StorageError) => void) {
    this.#checkpoint = checkpoint
    this.#onFailed = onFailed
  }

  /** So many characters have been written. */
  wrote(characters: number): void {
    this.#written += characters
    if (this.#written >= CHARACTERS && this.#state === 'waiting') void this.#run()
  }

  /** Throws `StorageError` when the log cannot be copied: it grows until the disk is full. */
  expectWorking(): void {
    if (this.#failures < FAILING) return
    throw new StorageError(`The log cannot be copied into the database: ${this.#reason}`)
  }

  /** Begins none any more. */
  close(): void {
    this.#state = 'closed'
  }

  async #run(): Promise<void> {
    this.#state = 'running'
    this.#written = 0
    try {
      await this.#checkpoint()
      this.#failures = 0
    } catch (error) {
      this.#failed(error)
    }
    // Closing may have come in between.
    if ((this.#state as string) === 'running') this.#state = 'waiting'
  }

  #failed(error: unknown): void {
    if ((this.#state as string) === 'closed') return
    this.#failures += 1
    this.#reason = error instanceof Error ? error.message : String(error)
    this.#onFailed(new StorageError(`A checkpoint failed: ${this.#reason}`))
    setTimeout(() => {
      if (this.#state === 'waiting') void this.#run()
    }, RETRY_MS).unref()
  }
}
