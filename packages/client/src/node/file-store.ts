import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { CommandStore, RecordStore, StoredCommand } from '../queue/store.js'
import { FileRecords } from './file-records.js'
import { lockFile } from './lock-file.js'

/** A file that is this long is emptied as soon as everything is answered. */
const MAX_LINES = 1_000

/** A line of the file: a command that came, or one that is answered. */
type Line = { scope: string; command: StoredCommand } | { scope: string; answered: string }

function parsed(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line]
  } catch {
    // The process ended while it wrote this line: the call had not returned.
    return []
  }
}

const keyOf = (scope: string, command_id: string) => JSON.stringify([scope, command_id])

type Open = Map<string, { scope: string; command: StoredCommand }>

/** What the lines leave open, in their order. */
function openCommands(lines: readonly Line[]): Open {
  const open: Open = new Map()
  for (const line of lines) {
    if ('command' in line) open.set(keyOf(line.scope, line.command.command_id), line)
    else open.delete(keyOf(line.scope, line.answered))
  }
  return open
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

const linesOf = (lines: Iterable<Line>) =>
  Array.from(lines, (line) => `${JSON.stringify(line)}\n`).join('')

/** The file while it is this client's. Its methods throw what the file system says. */
class OpenFile {
  /** What earlier clients have left, by scope. */
  readonly left = new Map<string, StoredCommand[]>()
  readonly #path: string
  readonly #unlock: () => void
  /** Commands in the file that are not answered. */
  readonly #open: Open
  #lines: number
  #inode = 0
  #bytes = 0

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true })
    this.#path = path
    this.#unlock = lockFile(`${path}.lock`)
    try {
      this.#open = openCommands(textOf(path).split('\n').flatMap(parsed))
      for (const { scope, command } of this.#open.values()) {
        this.left.set(scope, [...(this.left.get(scope) ?? []), command])
      }
      this.#lines = this.#open.size
      // Answered commands go; the old file stays until the new one is complete.
      writeFileSync(`${path}.new`, linesOf(this.#open.values()))
      renameSync(`${path}.new`, path)
      this.#look()
    } catch (error) {
      this.#unlock()
      throw error
    }
  }

  add(scope: string, command: StoredCommand): void {
    this.#write({ scope, command })
    this.#open.set(keyOf(scope, command.command_id), { scope, command })
  }

  remove(scope: string, command_id: string): void {
    if (!this.#open.has(keyOf(scope, command_id))) return
    this.#write({ scope, answered: command_id })
    this.#open.delete(keyOf(scope, command_id))
    if (this.#open.size > 0 || this.#lines < MAX_LINES) return
    // Nothing in it is needed any more.
    truncateSync(this.#path)
    this.#lines = 0
    this.#bytes = 0
  }

  forget(matches: (scope: string) => boolean): void {
    for (const { scope, command } of this.#open.values()) {
      if (matches(scope)) this.remove(scope, command.command_id)
    }
    for (const scope of this.left.keys()) if (matches(scope)) this.left.delete(scope)
    writeFileSync(`${this.#path}.new`, linesOf(this.#open.values()))
    renameSync(`${this.#path}.new`, this.#path)
    this.#look()
  }

  close(): void {
    this.#unlock()
  }

  #write(line: Line): void {
    const text = `${JSON.stringify(line)}\n`
    const { ino, size } = statSync(this.#path)
    if (ino !== this.#inode) throw new Error('another file has taken its place')
    // A line that did not fit on the disk whole must not spoil the next one.
    if (size > this.#bytes) truncateSync(this.#path, this.#bytes)
    appendFileSync(this.#path, text)
    this.#bytes += Buffer.byteLength(text)
    this.#lines += 1
  }

  #look(): void {
    const { ino, size } = statSync(this.#path)
    this.#inode = ino
    this.#bytes = size
  }
}

/** Written at once, so that a command is kept when the call that made it returns. */
class FileStore implements CommandStore {
  readonly records: RecordStore
  readonly #path: string
  #file: OpenFile | undefined

  constructor(path: string) {
    // The working directory may be another one when it is opened.
    this.#path = resolve(path)
    this.records = new FileRecords(`${this.#path}.graphs`)
  }

  async adopt(scope: string): Promise<StoredCommand[]> {
    return this.#use((file) => {
      const left = file.left.get(scope) ?? []
      file.left.delete(scope)
      return left
    })
  }

  async add(scope: string, command: StoredCommand): Promise<void> {
    this.#use((file) => file.add(scope, command))
  }

  async remove(scope: string, command_id: string): Promise<void> {
    this.#use((file) => file.remove(scope, command_id))
  }

  async forget(matches: (scope: string) => boolean): Promise<void> {
    this.#use((file) => file.forget(matches))
    for (const { scope } of await this.records.list()) {
      if (matches(scope)) await this.records.replace(scope, [])
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  /** What goes wrong with an open file makes the next call open it anew. */
  #use<Result>(work: (file: OpenFile) => Result): Result {
    this.#file ??= new OpenFile(this.#path)
    try {
      return work(this.#file)
    } catch (error) {
      this.close()
      throw error
    }
  }
}

/**
 * Keeps commands in a file, and the last graphs in a folder beside it (`PATH.graphs`), so that they
 * outlive the process. It is opened when it is needed, and belongs to one client at a time: others
 * work in memory until that one is closed or its process has ended. Throws a TypeError when the
 * path is not a string; everything else is told as STORE_FAILED.
 */
export function fileStore(path: string): CommandStore {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError('fileStore() expects the path of a file')
  }
  return new FileStore(path)
}
