import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, promises } from 'node:fs'
import { join } from 'node:path'
import type { RecordStore } from '../queue/store.js'

const { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } = promises

/** Bytes in which the first line of a file, its scope, ends. */
const SCOPE_BYTES = 4_096

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** Empty for a line that is none of ours. */
function scopeIn(line: string): string {
  try {
    return JSON.parse(line) as string
  } catch {
    // Not written by this, so nothing of this is lost.
    return ''
  }
}

/** A file for each scope, named by its hash: the first line is the scope, the others are records. */
export class FileRecords implements RecordStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async read(scope: string): Promise<string[]> {
    try {
      const [own, ...records] = (await readFile(this.#fileOf(scope), 'utf8')).split('\n')
      // What follows the last line break was not written whole.
      return own === JSON.stringify(scope) ? records.slice(0, -1) : []
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  async replace(scope: string, records: readonly string[]): Promise<void> {
    const file = this.#fileOf(scope)
    if (records.length === 0) return rm(file, { force: true })
    await mkdir(this.#folder, { recursive: true })
    const lines = [JSON.stringify(scope), ...records, '']
    // Others of this machine have no business in it.
    await writeFile(`${file}.new`, lines.join('\n'), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  async append(scope: string, record: string): Promise<boolean> {
    const file = this.#fileOf(scope)
    if (!existsSync(file)) return false
    appendFileSync(file, `${record}\n`)
    return true
  }

  async list(): Promise<{ scope: string; at: number; bytes: number }[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    const files = names.filter((name) => name.endsWith('.jsonl'))
    return Promise.all(files.map((name) => this.#about(join(this.#folder, name))))
  }

  async #about(file: string): Promise<{ scope: string; at: number; bytes: number }> {
    const { mtimeMs, size } = await stat(file)
    const handle = await open(file)
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(SCOPE_BYTES) })
      const [first = ''] = buffer.toString('utf8', 0, bytesRead).split('\n')
      return { scope: scopeIn(first), at: mtimeMs, bytes: size }
    } finally {
      await handle.close()
    }
  }

  #fileOf(scope: string): string {
    const name = createHash('sha256').update(scope).digest('hex').slice(0, 40)
    return join(this.#folder, `${name}.jsonl`)
  }
}
