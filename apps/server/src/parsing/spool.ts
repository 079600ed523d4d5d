import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Gathered } from './gathered.js'
import type { FileSource } from './parse-messages.js'

/** Of an upload so many bytes are kept in memory; a longer one goes to a file. */
export const BYTES_IN_MEMORY = 256 * 1024

/** Only this process needs it: it has no name any more when it is used. */
async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `upload-${randomUUID()}.tmp`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

async function openIn(directories: readonly string[]): Promise<FileHandle> {
  const [first = '', ...others] = directories
  try {
    return await openNameless(first)
  } catch (err) {
    // A server that keeps everything in memory has no data folder.
    if (others.length === 0) throw err
    return openIn(others)
  }
}

/** Takes in bytes as they come: the first ones in memory, and all in a file once there are many. */
export class Spool {
  readonly #directory: string
  readonly #first = new Gathered()
  #bytes = 0
  #file: FileHandle | undefined

  /** `directory`: where there is room for files, such as the data folder. */
  constructor(directory: string) {
    this.#directory = directory
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether the next so many bytes do not go to memory any more. */
  spills(bytes: number): boolean {
    return this.#bytes + bytes > BYTES_IN_MEMORY
  }

  async add(chunk: Buffer): Promise<void> {
    if (this.#file || this.spills(chunk.length)) await this.#write(chunk)
    else this.#first.add(chunk)
    this.#bytes += chunk.length
  }

  /** All that was taken in; the bytes in memory belong to the caller. */
  source(): FileSource {
    if (this.#file) return { fd: this.#file.fd, size: this.#bytes }
    return { bytes: this.#first.take() }
  }

  async close(): Promise<void> {
    this.#first.take()
    await this.#file?.close()
    this.#file = undefined
  }

  async #write(chunk: Buffer): Promise<void> {
    this.#file ??= await openIn([this.#directory, tmpdir()])
    await this.#file.writev([this.#first.take(), chunk])
  }
}
