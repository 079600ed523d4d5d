import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSource } from './parsers.js'

/** Of an upload so many bytes are kept in memory; a longer one goes to a file. */
const BYTES_IN_MEMORY = 256 * 1024

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

/** Bytes of the first piece of room. */
const FIRST = 4_096

/**
 * Bytes that come in pieces, in one place. Pieces as they come from a socket would each keep an
 * object, and some of them a whole buffer of which they are a byte.
 */
export class Gathered {
  #bytes = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#bytes.length) {
      const room = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, FIRST))
      room.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = room
    }
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }

  /** All of it, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return bytes
  }
}
